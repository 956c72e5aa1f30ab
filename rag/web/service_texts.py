"""Every text about getting in, keeping documents, judging passages and the written answer."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Language


@dataclass(frozen=True, slots=True)
class ServiceTexts:
    """The texts in one language. Templates are filled by ``str.format``."""

    html_lang: str
    product: str
    # getting in
    who_may_enter: str
    password: str
    enter: str
    wrong_password: str
    wait: str
    # keeping documents
    no_admin: str
    keeping: str
    drop_here: str
    choose: str
    kinds_and_size: str
    too_large: str
    uploading: str
    upload_failed: str
    taken: dict[str, str]
    refused: str
    waiting: str
    nothing_waits: str
    rebuild: str
    rebuilding: str
    stages: dict[str, str]
    built: str
    unchanged: str
    failed: str
    build_trouble: str
    remove: str
    remove_label: str
    remove_sure: str
    remove_archive: str
    remove_archive_sure: str
    removed: str
    # judging passages
    judge: str
    verdicts: dict[str, str]
    thanks: str
    remark: str
    send_remark: str
    # the written answer
    written: str
    written_note: str
    writing: str
    abstained: str
    not_written: str
    doubts: dict[str, str]
    missing: str
    cited_passage: str


ZH = ServiceTexts(
    html_lang="zh-CN",
    product="问据",
    who_may_enter="这里的文档只给知道密码的人看。",
    password="密码",
    enter="进入",
    wrong_password="密码不对。",
    wait="试错的次数太多，请在 {seconds} 秒后再试。",
    no_admin="RAG_ADMIN 没有生效：别的机器也能访问而没有密码，不能让人在网页上增删文档。"
    "请设置 RAG_PASSWORD。",
    keeping="增删文档",
    drop_here="把文件拖到这里，可以一次拖多个；或者",
    choose="选择文件",
    kinds_and_size="每个不超过 {limit} MB。同名的文件会被替换。",
    too_large="超过 {limit} MB，没有上传",
    uploading="正在上传 {done}/{total}：{name}",
    upload_failed="没有传上去，请检查网络后再试",
    taken={"added": "已放入", "replaced": "已替换", "removed": "已删除"},
    refused="没有收下",
    waiting="{count} 处改动还没有收入索引",
    nothing_waits="从这里做的改动都已收入索引。",
    rebuild="更新索引",
    rebuilding="正在更新索引，照常可以提问",
    stages={"read": "读取文件", "encode": "计算向量", "check": "核对"},
    built="索引已更新：新增 {added}，改动 {changed}，删除 {deleted}，共 {documents} 份文件、"
    "{passages} 段。",
    unchanged="文档没有变化，索引没有改动。",
    failed="{count} 个文件没有收入：",
    build_trouble="索引没有更新",
    remove="删除",
    remove_label="删除 {name}",
    remove_sure="从文档目录里删除 {name}？删除后不能恢复。",
    remove_archive="删除压缩包",
    remove_archive_sure="{name} 在压缩包 {archive} 里，不能单独删除。"
    "要删除整个压缩包（内有 {count} 份文件）吗？删除后不能恢复。",
    removed="已删除 {name}",
    judge="这段",
    verdicts={"useful": "有用", "not_useful": "没用", "wrong_citation": "出处有误"},
    thanks="已记下",
    remark="想补充一句吗（可不填）",
    send_remark="发送",
    written="根据以下段落写成的概述",
    written_note="由语言模型写成，可能有误，以原文为准。",
    writing="正在撰写……",
    abstained="这些段落不足以写出回答，请看原文。",
    not_written="没有写成概述",
    doubts={
        "uncited": "没有注明出处",
        "no_such_passage": "注明的段落不存在",
        "unsupported": "所引段落里没有",
    },
    missing="{doubt}：{words}",
    cited_passage="第 {rank} 段",
)
EN = ServiceTexts(
    html_lang="en",
    product="问据 Wenju",
    who_may_enter="These documents are for those who know the password.",
    password="Password",
    enter="Enter",
    wrong_password="That is not the password.",
    wait="Too many wrong tries. Please wait {seconds} seconds.",
    no_admin="RAG_ADMIN has no effect: other machines can come in without a password, "
    "and nobody may change documents then. Set RAG_PASSWORD.",
    keeping="Add and delete documents",
    drop_here="Drop files here, several at once; or",
    choose="choose files",
    kinds_and_size="Up to {limit} MB each. A file of the same name is replaced.",
    too_large="more than {limit} MB, not uploaded",
    uploading="Uploading {done}/{total}: {name}",
    upload_failed="did not get through; see the network and try again",
    taken={"added": "added", "replaced": "replaced", "removed": "deleted"},
    refused="Not taken",
    waiting="{count} changes are not in the index yet",
    nothing_waits="What was changed from here is in the index.",
    rebuild="Update the index",
    rebuilding="Updating the index; you can go on asking",
    stages={"read": "reading files", "encode": "computing vectors", "check": "checking"},
    built="The index is up to date: {added} added, {changed} changed, {deleted} deleted; "
    "{documents} documents, {passages} passages.",
    unchanged="Nothing has changed; the index is as it was.",
    failed="{count} files were left out:",
    build_trouble="The index was not updated",
    remove="Delete",
    remove_label="Delete {name}",
    remove_sure="Delete {name} from the documents' folder? It cannot be brought back.",
    remove_archive="Delete archive",
    remove_archive_sure="{name} lies in the archive {archive} and cannot be deleted by itself. "
    "Delete the whole archive ({count} documents)? It cannot be brought back.",
    removed="{name} is deleted",
    judge="This passage is",
    verdicts={"useful": "useful", "not_useful": "not useful", "wrong_citation": "wrongly cited"},
    thanks="Noted",
    remark="Anything to add? (optional)",
    send_remark="Send",
    written="A summary of the passages below",
    written_note="Written by a language model and may be wrong; the passages are what counts.",
    writing="Writing …",
    abstained="The passages do not suffice for an answer; please read them.",
    not_written="No summary was written",
    doubts={
        "uncited": "no citation",
        "no_such_passage": "cites a passage that is not there",
        "unsupported": "not in the cited passage",
    },
    missing="{doubt}: {words}",
    cited_passage="Passage {rank}",
)


def service_texts(language: Language) -> ServiceTexts:
    """The texts in ``language``."""
    return EN if language is Language.EN else ZH
