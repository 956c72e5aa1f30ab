"""Every text of the page, in both languages. Templates are filled by ``str.format``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.types import Language


@dataclass(frozen=True, slots=True)
class Texts:
    """The page's texts in one language."""

    html_lang: str
    name: str
    motto: str
    # the rail
    rail: str
    menu: str
    other_language: str
    other_lang: str
    new_conversation: str
    history: str
    no_history: str
    more_actions: str
    rename: str
    export: str
    delete: str
    deleted: str
    undo: str
    name_of_conversation: str
    skip_to_question: str
    # what is indexed
    shelf: str
    shelf_button: str
    since: str
    documents_and_scope: str
    find_document: str
    articles: str
    passages: str
    count_of_passages: str
    more_documents: str
    no_document: str
    nothing_indexed: str
    kinds: str
    dates: str
    date_since: str
    date_until: str
    dates_meaning: str
    names: str
    named: Mapping[str, str]
    any_name: str
    names_meaning: str
    only_this_article: str
    clear: str
    scope_hint: str
    # where a question is looked for
    scope: str
    scope_all: str
    scope_documents: str
    scope_since: str
    scope_until: str
    scope_named: str
    remove: str
    # the empty page
    welcome: str
    what_this_is: str
    try_these: str
    # asking
    ask: str
    placeholder: str
    send: str
    stop: str
    conversation: str
    blank: str
    searching: str
    searched_as: str
    long_question: str
    earlier_dropped: str
    edit_question: str
    edit_searched: str
    editing: str
    cancel: str
    retry: str
    stopped: str
    # the answer
    found: str
    uncertain: str
    not_found: str
    not_found_within: str
    uncertain_advice: str
    searched_for: str
    absent_words: str
    offered_words: str
    wider: str
    wider_found: str
    other_way: str
    nothing_near: str
    confidence: str
    confidence_meaning: str
    high: str
    middle: str
    low: str
    passages_heading: str
    near_heading: str
    took: str
    moved: str
    # a passage
    untitled: str
    also_in: str
    lines: str
    line: str
    page: str
    relevance: str
    only_near: str
    all_words: str
    some_words: str
    no_words: str
    nearest_meaning: str
    near_meaning: str
    far_meaning: str
    joined: str
    show_all: str
    show_less: str
    open_source: str
    copy: str
    copy_reference: str
    copy_link: str
    copied: str
    citation: str
    stale: dict[str, str]
    recognised: str
    # a permalink
    cited: str
    cited_gone: str
    cited_gone_advice: str
    # the source
    source: str
    close: str
    previous: str
    next: str
    hit_of: str
    of_lines: str
    window: str
    changed: str
    missing: str
    unreadable: str
    as_indexed: str
    as_picture: str
    as_text: str
    picture_of: str
    no_picture: str
    shortened_line: str
    # an exported conversation
    export_title: str
    export_scope: str
    export_checked: str
    # trouble
    trouble: str
    what_to_do: str


ZH = Texts(
    html_lang="zh-CN",
    name="问据",
    motto="问一句，给出处",
    rail="对话与文件",
    menu="菜单",
    other_language="English",
    other_lang="en",
    new_conversation="新对话",
    history="对话记录",
    no_history="问过的问题会记在这里，只存在这台电脑的浏览器里。",
    more_actions="更多：{title}",
    rename="重命名",
    export="导出",
    delete="删除",
    deleted="已删除「{title}」",
    undo="撤销",
    name_of_conversation="对话的名字",
    skip_to_question="跳到提问框",
    shelf="{documents} 份文件 · {passages} 段",
    shelf_button="文件与范围",
    since="{when} 建立索引",
    documents_and_scope="文件与查找范围",
    find_document="按文件名或题目查找文件",
    articles="{title} 等 {count} 篇",
    passages="段落",
    count_of_passages="{count} 段",
    more_documents="……另有 {count} 份文件，请用上面的框查找。",
    no_document="没有名字或题目含有这些字的文件。",
    nothing_indexed="尚无可用的索引",
    kinds="文件种类",
    dates="文章日期",
    date_since="从",
    date_until="到",
    dates_meaning="按文中印出的日期；没有印出年份的文章不在其内。",
    names="文中提到",
    named={
        "publisher": "报刊或发布机构",
        "place": "地点",
        "organisation": "单位",
        "person": "人物",
    },
    any_name="不限",
    names_meaning="单位和地点只写一部分也行。没有认出来的名字不在其内。",
    only_this_article="只查这篇",
    clear="清除范围",
    scope_hint="勾选文件，以后的问题就只在其中查找；都不勾就是查全部。",
    scope="范围",
    scope_all="全部文件",
    scope_documents="{count} 份文件",
    scope_since="{day} 起",
    scope_until="{day} 止",
    scope_named="{sort}：{name}",
    remove="去掉：{what}",
    welcome="有什么要查证的？",
    what_this_is="问据从收录的文件里找出回答问题的原话，一字不改，并注明出自哪份文件、哪几行。"
    "全部在这台电脑上完成，不联网。",
    try_these="可以这样问",
    ask="问题",
    placeholder="用平常的话提问",
    send="提问",
    stop="停止",
    conversation="问答",
    blank="请先写下问题。",
    searching="正在查找……",
    searched_as="结合上文，按此检索：{query}",
    long_question="问题共 {length} 字，这里显示前 {shown} 字",
    earlier_dropped="只保留最近 {count} 次问答，更早的已不在此页。",
    edit_question="修改问题",
    edit_searched="改一改再查",
    editing="正在修改第 {number} 问：{question}",
    cancel="取消",
    retry="重新查找",
    stopped="已停止查找。",
    found="原文如此说",
    uncertain="可能是答案，请对照原文核实",
    not_found="收录的文件里没有找到答案",
    not_found_within="在所选范围里没有找到答案",
    uncertain_advice="把握不大。换个说法，或补上地名、单位、时间，往往更准。",
    searched_for="检索的是：{query}",
    absent_words="收录的文件里没有出现：{words}",
    offered_words="文件里有这些意思接近的词，点一下，加上它再问：",
    wider="改查全部文件",
    wider_found="所选范围之外有把握较大的段落。",
    other_way="可以换个说法，或补上地名、单位、时间再问；也可能这些文件没有写到这件事。",
    nothing_near="也没有接近的段落。",
    confidence="把握 {word}",
    confidence_meaning="估计前三段里有答案的可能性约为 {percent}%",
    high="高",
    middle="中",
    low="低",
    passages_heading="出处与上下文",
    near_heading="最接近的段落（只是接近，不是答案）",
    took="{seconds} 秒",
    moved="索引在那以后更新过：这一问当时的出处与现在不同。",
    untitled="（无标题）",
    also_in="同样的话也见于：{places}",
    lines="第 {start}–{end} 行",
    line="第 {start} 行",
    page="第 {page} 页",
    relevance="相关 {word}",
    only_near="仅接近",
    all_words="问题里的词都有：{words}",
    some_words="有问题里 {total} 个词中的 {count} 个：{words}",
    no_words="没有问题里的原词",
    nearest_meaning="意思最近",
    near_meaning="意思相近",
    far_meaning="意思较远",
    joined="；",
    show_all="展开全段",
    show_less="收起",
    open_source="看原文",
    copy="复制引文",
    copy_reference="复制参考文献",
    copy_link="复制链接",
    copied="已复制",
    citation="“{quote}”——{label}",
    recognised="文字由扫描件识别而来（把握 {certainty}%），引用前请对照原件",
    stale={
        "changed": "文件在建立索引后改动过，引文以索引时的内容为准",
        "missing": "文件已不在原处",
        "unreadable": "文件现在无法读取",
    },
    cited="链接所指的引文",
    cited_gone="链接所指的引文不在现在的索引里",
    cited_gone_advice="它所在的文件可能改过、改了名或已删除：{name}",
    source="原文",
    close="关闭",
    previous="上一条",
    next="下一条",
    hit_of="第 {number} 条，共 {total} 条",
    of_lines="共 {total} 行",
    window="文件很长，这里显示第 {start}–{end} 行，共 {total} 行。",
    changed="这份文件在建立索引后改动过。下面是文件现在的内容，引文可能已经移位或改写；"
    "运行 rag build 可更新索引。",
    missing="这份文件已不在原处，无法打开。下面是建立索引时的段落。",
    unreadable="这份文件现在无法读取。下面是建立索引时的段落。",
    as_indexed="建立索引时的段落",
    as_picture="版面",
    as_text="文字",
    picture_of="{name} 第 {page} 页的版面，引文处已标出",
    no_picture="这一页画不出来，请看文字。",
    shortened_line="本行共 {length} 字，只显示引文附近",
    export_title="问据问答记录",
    export_scope="范围",
    export_checked="{when} 导出；引文与索引 {generation} 一致",
    trouble="现在还不能回答",
    what_to_do="怎么办",
)

EN = Texts(
    html_lang="en",
    name="Wenju 问据",
    motto="Ask, and see the source",
    rail="Conversations and documents",
    menu="Menu",
    other_language="中文",
    other_lang="zh-CN",
    new_conversation="New conversation",
    history="Conversations",
    no_history="What you asked is listed here; it stays in this computer's browser.",
    more_actions="More: {title}",
    rename="Rename",
    export="Export",
    delete="Delete",
    deleted="“{title}” deleted",
    undo="Undo",
    name_of_conversation="Name of the conversation",
    skip_to_question="Skip to the question",
    shelf="{documents} documents · {passages} passages",
    shelf_button="Documents and scope",
    since="indexed {when}",
    documents_and_scope="Documents and scope",
    find_document="Find a document by name or headline",
    articles="{title} and others, {count} articles",
    passages="Passages",
    count_of_passages="{count} passages",
    more_documents="… and {count} more documents; use the box above to find them.",
    no_document="No document has these characters in its name or headlines.",
    nothing_indexed="No index to search yet",
    kinds="Kinds of file",
    dates="Date of the article",
    date_since="from",
    date_until="to",
    dates_meaning="The date as printed; articles without a printed year are left out.",
    names="Named in it",
    named={
        "publisher": "Publisher",
        "place": "Place",
        "organisation": "Organisation",
        "person": "Person",
    },
    any_name="any",
    names_meaning="A part of a place or an organisation will do. "
    "Names that were not recognised are left out.",
    only_this_article="Only this article",
    clear="Clear the scope",
    scope_hint="Tick documents to search only these from now on; with none ticked, all.",
    scope="Scope",
    scope_all="all documents",
    scope_documents="{count} documents",
    scope_since="from {day}",
    scope_until="to {day}",
    scope_named="{sort}: {name}",
    remove="Remove: {what}",
    welcome="What would you like to verify?",
    what_this_is="Wenju finds the passages that answer a question, word for word, and names the "
    "document and the lines they stand on. Everything happens on this computer, offline.",
    try_these="Questions to try",
    ask="Question",
    placeholder="Ask in plain words",
    send="Ask",
    stop="Stop",
    conversation="Questions and answers",
    blank="Please write a question first.",
    searching="Searching …",
    searched_as="Searched with what came before as: {query}",
    long_question="The question has {length} characters; the first {shown} are shown",
    earlier_dropped="Only the last {count} questions are kept on this page.",
    edit_question="Edit the question",
    edit_searched="Edit and search again",
    editing="Editing question {number}: {question}",
    cancel="Cancel",
    retry="Search again",
    stopped="The search was stopped.",
    found="In the document's own words",
    uncertain="Possibly the answer; please check it against the source",
    not_found="The documents do not seem to answer this",
    not_found_within="Nothing within the chosen scope answers this",
    uncertain_advice="Confidence is low. Other words, or a place, a body or a date, often help.",
    searched_for="Searched for: {query}",
    absent_words="In none of the documents: {words}",
    offered_words="The documents have these words near in meaning; press one to ask with it:",
    wider="Search all documents",
    wider_found="There are likelier passages outside the chosen scope.",
    other_way="Try other words, or add a place, a body or a date; "
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
    moved="The index changed since: this question led to another passage then.",
    untitled="(untitled)",
    also_in="The same words also in: {places}",
    lines="lines {start}–{end}",
    line="line {start}",
    page="page {page}",
    relevance="Relevance {word}",
    only_near="only near",
    all_words="has every word of the question: {words}",
    some_words="has {count} of the question's {total} words: {words}",
    no_words="has none of the question's own words",
    nearest_meaning="nearest in meaning",
    near_meaning="near in meaning",
    far_meaning="further in meaning",
    joined="; ",
    show_all="Show the whole passage",
    show_less="Show less",
    open_source="Open the source",
    copy="Copy citation",
    copy_reference="Copy reference",
    copy_link="Copy link",
    copied="Copied",
    citation="“{quote}” — {label}",
    recognised="Recognised in a scan ({certainty} % sure): compare it with the page before citing",
    stale={
        "changed": "The file changed since it was indexed; this is its text at that time",
        "missing": "The file is no longer there",
        "unreadable": "The file cannot be read now",
    },
    cited="The cited passage",
    cited_gone="The index no longer holds the passage that this link names",
    cited_gone_advice="Its file may have been changed, renamed or deleted: {name}",
    source="Source",
    close="Close",
    previous="Previous",
    next="Next",
    hit_of="{number} of {total}",
    of_lines="{total} lines",
    window="A long file: lines {start}–{end} of {total} are shown.",
    changed="This file changed since it was indexed. Below is the file as it is now; the passage "
    "may have moved or been rewritten. Run rag build to update the index.",
    missing="This file is no longer there and cannot be opened. Below is the passage as indexed.",
    unreadable="This file cannot be read now. Below is the passage as indexed.",
    as_indexed="The passage as indexed",
    as_picture="Page",
    as_text="Text",
    picture_of="Page {page} of {name}, with the passage marked",
    no_picture="This page cannot be drawn; please see the text.",
    shortened_line="this line has {length} characters; only those near the passage are shown",
    export_title="Wenju: questions and answers",
    export_scope="Scope",
    export_checked="exported {when}; the quotations are those of index {generation}",
    trouble="No answers for now",
    what_to_do="What to do",
)


def texts(language: Language) -> Texts:
    """The page's texts in ``language``."""
    return EN if language is Language.EN else ZH
