"""Every text of the command, in both languages. Templates are filled by ``str.format``."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Language


@dataclass(frozen=True, slots=True)
class Texts:
    """The command's texts in one language."""

    # how a usage message is put together
    usage: str
    options: str
    commands: str
    options_metavar: str
    command_metavar: str
    # wrong usage
    see_help: str
    no_such_option: str
    perhaps: str
    no_such_command: str
    needs_value: str
    takes_no_value: str
    missing: str
    surplus: str
    not_whole: str
    not_one_of: str
    not_text: str
    bad_usage: str
    # what each command and option is for
    about: str
    build: str
    build_more: str
    search: str
    search_more: str
    chat: str
    status: str
    verify: str
    verify_more: str
    eval: str
    eval_more: str
    doctor: str
    help: str
    json: str
    index: str
    docs: str
    k: str
    mode: str
    source: str
    host: str
    port: str
    verbose: str
    question: str
    file: str
    # building
    stages: dict[str, str]
    built: str
    unchanged: str
    totals: str
    more: str
    failed: str
    problem: str
    # an answer
    found: str
    uncertain: str
    not_found: str
    nothing: str
    confidence: str
    searched_as: str
    stale: dict[str, str]
    # status
    generation: str
    model: str
    documents: str
    document: str
    up_to_date: str
    behind: str
    # verify
    verified: str
    broken: str
    # scores
    scores_of: str
    all_files: str
    highlight: str
    refused: str
    wrongly_refused: str
    missed: str
    not_first: str
    not_highlighted: str
    not_refused: str
    refused_though_answered: str
    # doctor
    levels: dict[str, str]
    checks: dict[str, str]
    # trouble
    interrupted: str
    unexpected: str


ZH = Texts(
    usage="用法：",
    options="选项",
    commands="命令",
    options_metavar="[选项]",
    command_metavar="命令 [参数]…",
    see_help="{problem}。用法见 {command} --help",
    no_such_option="没有选项 {name}",
    perhaps="{problem}，是不是 {names}",
    no_such_command="没有命令 {name}",
    needs_value="选项 {name} 需要一个值",
    takes_no_value="选项 {name} 不带值",
    missing="缺少{name}",
    surplus="多出了 {names}；带空格的内容请加引号",
    not_whole="{name} 须是整数，收到的是 {value}",
    not_one_of="{name} 须是 {names} 之一，收到的是 {value}",
    not_text="{name}不是合法的文字，请检查终端的编码",
    bad_usage="用法不对",
    about="问据：向一个文件夹的中文报告提问，得到回答问题的原话和可核对的出处。\n"
    "全部在本机完成，不联网。",
    build="让索引与文档目录一致",
    build_more="新增、改动和删除的文件都会照办，没有变化就什么也不写。\n"
    "读不了的文件会说明原因，其余照常；中断不影响原有索引。",
    search="提一个问题，得到原话和出处",
    search_more="先说有没有找到、把握多大，再列出段落，回答问题的句子加粗。",
    chat="打开网页问答",
    status="索引里有什么，是否落后于文档",
    verify="把每一条引文与原文件核对",
    verify_more="有一条不符就以 1 退出。",
    eval="用已知答案的问题给检索打分",
    eval_more='每行一个问题：{"question": "…", "source": "文件", "answer": ["…"]}；\n'
    '文档没有答案的写 "source": null, "answer": []。',
    doctor="检查安装和索引有什么毛病，该怎么办",
    help="显示这段说明",
    json="输出一个 JSON 对象，供程序读取",
    index="索引目录",
    docs="文档目录",
    k="段落数",
    mode="检索方式：hybrid、dense 或 sparse",
    source="只在这些文件里找，可用通配符，可多次给出",
    host="监听地址",
    port="端口，0 表示任选一个空闲的",
    verbose="列出每个没答好的问题",
    question="问题",
    file="问题文件…",
    stages={"read": "读取", "encode": "编码", "ask": "提问"},
    built="新增 {added}，改动 {changed}，删除 {deleted}，未变 {unchanged}；用时 {seconds} 秒",
    unchanged="文档没有变化，索引没有改动",
    totals="第 {generation} 代索引：{documents} 份文件，{passages} 段",
    more="  ……另有 {count} 个",
    failed="{count} 个文件没有读成：",
    problem="{source}：{what}。{next_step}",
    found="找到了",
    uncertain="可能找到了，请对照原文核实",
    not_found="没有找到，下面只是最接近的段落",
    nothing="没有找到",
    confidence="{status}（把握 {percent}%）",
    searched_as="按此检索：{query}",
    stale={
        "changed": "文件在建立索引后改动过",
        "missing": "文件已不在原处",
        "unreadable": "文件现在无法读取",
    },
    generation="第 {generation} 代，{created} 建立，{size}",
    model="模型 {model}（{fingerprint}）",
    documents="{documents} 份文件，{passages} 段",
    document="{source}  {chunks} 段",
    up_to_date="与文档目录一致",
    behind="落后于文档目录：新增 {added}，改动 {changed}，删除 {deleted}，读不了 {failed}；"
    "运行 rag build 即可更新",
    verified="{passages} 条引文都与原文一致",
    broken="{passages} 条引文中 {proven} 条与原文一致；有 {problems} 个问题：",
    scores_of="问题文件",
    all_files="合计",
    highlight="高亮",
    refused="拒答",
    wrongly_refused="误拒",
    missed="前 10 段里没有答案",
    not_first="答案在第 {rank} 段",
    not_highlighted="首个高亮不是答案",
    not_refused="没有答案，却没有拒答（{status}）",
    refused_though_answered="有答案，却说没有找到",
    levels={"ok": "好", "warn": "注意", "bad": "坏"},
    checks={
        "installation": "安装",
        "settings": "设置",
        "model": "模型",
        "index": "索引",
        "documents": "文档",
        "disk": "磁盘",
        "port": "端口",
        "leftovers": "残留",
    },
    interrupted="已中断，索引没有改动",
    unexpected="程序内部出错（{kind}），请把上面的内容报告给我们；rag doctor 可作检查",
)

EN = Texts(
    usage="Usage: ",
    options="Options",
    commands="Commands",
    options_metavar="[OPTIONS]",
    command_metavar="COMMAND [ARGS]…",
    see_help="{problem}; see {command} --help",
    no_such_option="no option {name}",
    perhaps="{problem}, perhaps {names}",
    no_such_command="no command {name}",
    needs_value="the option {name} needs a value",
    takes_no_value="the option {name} takes no value",
    missing="{name} is missing",
    surplus="{names} is one argument too many; put quotes around text with spaces",
    not_whole="{name} must be a whole number, not {value}",
    not_one_of="{name} must be one of {names}, not {value}",
    not_text="{name} is not valid text, check the encoding of your terminal",
    bad_usage="wrong usage",
    about="Wenju: ask a folder of Chinese reports, get the passages that answer,\n"
    "word for word, each with a citation that can be checked. All on this computer.",
    build="bring the index up to date with the documents",
    build_more="New, changed and deleted files are taken over; without a change nothing is\n"
    "written. A file that cannot be read is named with its reason and the rest is\n"
    "done; an interrupted build leaves the index as it was.",
    search="ask a question, get passages and where they stand",
    search_more="First whether it was found and how sure that is, then the passages, the\n"
    "sentence that answers in bold.",
    chat="open the web chat",
    status="what is indexed, and whether documents have changed since",
    verify="check every citation in the index against the files",
    verify_more="Exits with 1 if one does not hold.",
    eval="score the search by questions with known answers",
    eval_more='One question a line: {"question": "…", "source": "file", "answer": ["…"]};\n'
    'with "source": null, "answer": [] where the documents do not answer.',
    doctor="what is wrong with this installation or index, and what to do",
    help="show this text",
    json="print one JSON object, for programs",
    index="folder of the index",
    docs="folder of the documents",
    k="number of passages",
    mode="hybrid, dense or sparse",
    source="search these files only; a glob, may be repeated",
    host="address to listen on",
    port="port, 0 for any free one",
    verbose="list every question that was not answered well",
    question="QUESTION",
    file="FILE…",
    stages={"read": "reading", "encode": "encoding", "ask": "asking"},
    built="{added} added, {changed} changed, {deleted} deleted, {unchanged} unchanged; {seconds} s",
    unchanged="no document has changed, nothing was written",
    totals="generation {generation}: {documents} documents, {passages} passages",
    more="  … and {count} more",
    failed="{count} inputs failed:",
    problem="{source}: {what}; {next_step}",
    found="found",
    uncertain="possibly found, please check it against the source",
    not_found="not found; these are only the nearest passages",
    nothing="not found",
    confidence="{status} (confidence {percent}%)",
    searched_as="searched as: {query}",
    stale={
        "changed": "the file changed since it was indexed",
        "missing": "the file is no longer there",
        "unreadable": "the file cannot be read now",
    },
    generation="generation {generation}, made {created}, {size}",
    model="model {model} ({fingerprint})",
    documents="{documents} documents, {passages} passages",
    document="{source}  {chunks} passages",
    up_to_date="up to date with the documents",
    behind="behind the documents: {added} added, {changed} changed, {deleted} deleted, "
    "{failed} unreadable; run rag build",
    verified="all {passages} citations hold",
    broken="{proven} of {passages} citations hold; {problems} problems:",
    scores_of="questions",
    all_files="all",
    highlight="highl.",
    refused="refused",
    wrongly_refused="wrongly",
    missed="no answer in the first 10 passages",
    not_first="the answer is in passage {rank}",
    not_highlighted="the first highlight is not the answer",
    not_refused="has no answer and was not refused ({status})",
    refused_though_answered="has an answer and was refused",
    levels={"ok": "ok", "warn": "warn", "bad": "bad"},
    checks={
        "installation": "installation",
        "settings": "settings",
        "model": "model",
        "index": "index",
        "documents": "documents",
        "disk": "disk",
        "port": "port",
        "leftovers": "leftovers",
    },
    interrupted="interrupted; the index is as it was",
    unexpected="an internal error ({kind}); please report the lines above; see also rag doctor",
)


def texts(language: Language) -> Texts:
    """The command's texts in ``language``."""
    return EN if language is Language.EN else ZH
