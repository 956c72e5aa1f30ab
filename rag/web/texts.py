"""Every text of the page, in both languages. Templates are filled by ``str.format``."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Language


@dataclass(frozen=True, slots=True)
class Texts:
    """The page's texts in one language."""

    html_lang: str
    name: str
    motto: str
    other_language: str
    new_conversation: str
    # what is indexed
    shelf: str
    since: str
    indexed_documents: str
    document: str
    headlines: str
    passages: str
    more_documents: str
    nothing_indexed: str
    # the empty page
    welcome: str
    what_this_is: str
    try_these: str
    # asking
    ask: str
    placeholder: str
    send: str
    conversation: str
    blank: str
    searching: str
    searched_as: str
    long_question: str
    earlier_dropped: str
    edit_question: str
    # the answer
    found: str
    uncertain: str
    not_found: str
    uncertain_advice: str
    not_found_advice: str
    nothing_near: str
    confidence: str
    confidence_meaning: str
    high: str
    middle: str
    low: str
    passages_heading: str
    near_heading: str
    took: str
    # a passage
    untitled: str
    lines: str
    line: str
    page: str
    relevance: str
    only_near: str
    matched_words: str
    by_meaning: str
    show_all: str
    show_less: str
    open_source: str
    copy: str
    copied: str
    citation: str
    stale: dict[str, str]
    # the source
    source: str
    close: str
    previous: str
    next: str
    of_lines: str
    window: str
    changed: str
    missing: str
    unreadable: str
    as_indexed: str
    shortened_line: str
    # trouble
    trouble: str
    what_to_do: str


ZH = Texts(
    html_lang="zh-CN",
    name="问据",
    motto="问一句，给出处",
    other_language="English",
    new_conversation="新对话",
    shelf="{documents} 份文件 · {passages} 段",
    since="{when} 建立索引",
    indexed_documents="已收录的文件",
    document="文件",
    headlines="文章",
    passages="段落",
    more_documents="……另有 {count} 份文件",
    nothing_indexed="尚无可用的索引",
    welcome="有什么要查证的？",
    what_this_is="问据从收录的文件里找出回答问题的原话，一字不改，并注明出自哪份文件、哪几行。"
    "全部在这台电脑上完成，不联网。",
    try_these="可以这样问",
    ask="问题",
    placeholder="用平常的话提问，按回车发送",
    send="提问",
    conversation="问答",
    blank="请先写下问题。",
    searching="正在查找……",
    searched_as="按此检索：{query}",
    long_question="问题共 {length} 字，这里显示前 {shown} 字",
    earlier_dropped="只保留最近 {count} 次问答，更早的已不在此页。",
    edit_question="改一改再问",
    found="原文如此说",
    uncertain="可能是答案，请对照原文核实",
    not_found="收录的文件里没有找到答案",
    uncertain_advice="把握不大。换个说法，或补上地名、单位、时间，往往更准。",
    not_found_advice="可以换个说法，或补上地名、单位、时间再问；也可能这些文件没有写到这件事。",
    nothing_near="也没有接近的段落。",
    confidence="把握 {word}",
    confidence_meaning="估计前三段里有答案的可能性约为 {percent}%",
    high="高",
    middle="中",
    low="低",
    passages_heading="出处与上下文",
    near_heading="最接近的段落（只是接近，不是答案）",
    took="{seconds} 秒",
    untitled="（无标题）",
    lines="第 {start}–{end} 行",
    line="第 {start} 行",
    page="第 {page} 页",
    relevance="相关 {word}",
    only_near="仅接近",
    matched_words="字面相同：{words}",
    by_meaning="意思相近",
    show_all="展开全段",
    show_less="收起",
    open_source="看原文",
    copy="复制引文",
    copied="已复制",
    citation="“{quote}”——{label}",
    stale={
        "changed": "文件在建立索引后改动过，引文以索引时的内容为准",
        "missing": "文件已不在原处",
        "unreadable": "文件现在无法读取",
    },
    source="原文",
    close="关闭",
    previous="上一条",
    next="下一条",
    of_lines="共 {total} 行",
    window="文件很长，这里显示第 {start}–{end} 行，共 {total} 行。",
    changed="这份文件在建立索引后改动过。下面是文件现在的内容，引文可能已经移位或改写；"
    "运行 rag build 可更新索引。",
    missing="这份文件已不在原处，无法打开。下面是建立索引时的段落。",
    unreadable="这份文件现在无法读取。下面是建立索引时的段落。",
    as_indexed="建立索引时的段落",
    shortened_line="本行共 {length} 字，只显示引文附近",
    trouble="现在还不能回答",
    what_to_do="怎么办",
)

EN = Texts(
    html_lang="en",
    name="Wenju 问据",
    motto="Ask, and see the source",
    other_language="中文",
    new_conversation="New conversation",
    shelf="{documents} documents · {passages} passages",
    since="indexed {when}",
    indexed_documents="What is indexed",
    document="Document",
    headlines="Articles",
    passages="Passages",
    more_documents="… and {count} more documents",
    nothing_indexed="No index to search yet",
    welcome="What would you like to verify?",
    what_this_is="Wenju finds the passages that answer a question, word for word, and names the "
    "document and the lines they stand on. Everything happens on this computer, offline.",
    try_these="Questions to try",
    ask="Question",
    placeholder="Ask in plain words; Enter sends",
    send="Ask",
    conversation="Questions and answers",
    blank="Please write a question first.",
    searching="Searching …",
    searched_as="Searched as: {query}",
    long_question="The question has {length} characters; the first {shown} are shown",
    earlier_dropped="Only the last {count} questions are kept on this page.",
    edit_question="Edit and ask again",
    found="In the document's own words",
    uncertain="Possibly the answer; please check it against the source",
    not_found="The documents do not seem to answer this",
    uncertain_advice="Confidence is low. Other words, or a place, a body or a date, often help.",
    not_found_advice="Try other words, or add a place, a body or a date; "
    "the documents may also be silent on it.",
    nothing_near="There is no passage near it either.",
    confidence="Confidence {word}",
    confidence_meaning="estimated chance that the first three passages hold the answer: {percent}%",
    high="high",
    middle="medium",
    low="low",
    passages_heading="Sources and context",
    near_heading="Nearest passages (only near, not an answer)",
    took="{seconds} s",
    untitled="(untitled)",
    lines="lines {start}–{end}",
    line="line {start}",
    page="page {page}",
    relevance="Relevance {word}",
    only_near="only near",
    matched_words="Same words: {words}",
    by_meaning="similar in meaning",
    show_all="Show the whole passage",
    show_less="Show less",
    open_source="Open the source",
    copy="Copy citation",
    copied="Copied",
    citation="“{quote}” — {label}",
    stale={
        "changed": "The file changed since it was indexed; this is its text at that time",
        "missing": "The file is no longer there",
        "unreadable": "The file cannot be read now",
    },
    source="Source",
    close="Close",
    previous="Previous",
    next="Next",
    of_lines="{total} lines",
    window="A long file: lines {start}–{end} of {total} are shown.",
    changed="This file changed since it was indexed. Below is the file as it is now; the passage "
    "may have moved or been rewritten. Run rag build to update the index.",
    missing="This file is no longer there and cannot be opened. Below is the passage as indexed.",
    unreadable="This file cannot be read now. Below is the passage as indexed.",
    as_indexed="The passage as indexed",
    shortened_line="this line has {length} characters; only those near the passage are shown",
    trouble="No answers for now",
    what_to_do="What to do",
)


def texts(language: Language) -> Texts:
    """The page's texts in ``language``."""
    return EN if language is Language.EN else ZH
