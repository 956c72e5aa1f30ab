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
    files_or_reset: str
    # what each command and option is for
    about: str
    build: str
    build_more: str
    search: str
    search_more: str
    chat: str
    watch: str
    watch_more: str
    status: str
    history: str
    history_more: str
    diff: str
    diff_more: str
    rollback: str
    rollback_more: str
    verify: str
    verify_more: str
    eval: str
    eval_more: str
    calibrate: str
    calibrate_more: str
    feedback: str
    feedback_more: str
    doctor: str
    help: str
    json: str
    index: str
    docs: str
    own_docs: str
    k: str
    mode: str
    against: str
    html: str
    reset: str
    source: str
    where: str
    cite: str
    cite_or_json: str
    host: str
    port: str
    verbose: str
    gate: str
    passages_too: str
    question: str
    answer: str
    file: str
    # building
    stages: dict[str, str]
    units: dict[str, str]
    progress: str
    watching: str
    watched: str
    built: str
    unchanged: str
    totals: str
    gate_passed: str
    gate_first: str
    gate_refused: str
    gate_fell: str
    interrupted_late: str
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
    also: str
    stale: dict[str, str]
    recognised: str
    # status
    generation: str
    model: str
    documents: str
    document: str
    calibrations: dict[str, str]
    up_to_date: str
    behind: str
    live: str
    generation_line: str
    generation_first: str
    restored: str
    generation_damaged: str
    document_changes: str
    diff_heading: str
    no_difference: str
    passage_changes: str
    renamed: str
    rolled_back: str
    already_live: str
    next_build: str
    # verify
    verified: str
    broken: str
    saved_proven: str
    saved_broken: str
    saved_without: str
    saved_place: str
    saved_holds: str
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
    compared: str
    ours: str
    difference: str
    interval: str
    gained: str
    lost: str
    rank: str
    documents_at: str
    statuses: dict[str, str]
    # calibrating
    fitted: str
    before: str
    left_out: str
    found_share: str
    precision: str
    found_from: str
    found_unreached: str
    uncertain_from: str
    set_wins: str
    calibration_written: str
    calibration_removed: str
    no_calibration: str
    # feedback
    exported: str
    verdicts: dict[str, str]
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
    files_or_reset="请给出问题文件；只用 --reset 时不要给",
    about="问据：向一个文件夹的中文报告提问，得到回答问题的原话和可核对的出处。\n"
    "全部在本机完成，不联网。",
    build="让索引与文档目录一致",
    build_more="新增、改动和删除的文件都会照办，没有变化就什么也不写。\n"
    "读不了的文件会说明原因，其余照常；中断不影响原有索引。",
    search="提一个问题，得到原话和出处",
    search_more="先说有没有找到、把握多大，再列出段落，回答问题的句子加粗。",
    chat="打开网页问答",
    watch="监视文档目录，一有变化就更新索引",
    watch_more="等文件一秒钟没有动静再更新。目录不见了就等它回来，更新失败会说明原因并再试；\n"
    "按 Ctrl-C 停止。--json 每次更新输出一行。",
    status="索引里有什么，是否落后于文档",
    history="还留着哪几代索引，每一代改了什么",
    history_more="保留几代由 RAG_KEEP_GENERATIONS 决定。",
    diff="两代索引之间，文件和段落有什么不同",
    diff_more="A、B 是代号，如 rag diff 3 5；省略时是现在这一代和它的前一代。\n"
    "段落按文字逐份对齐：开头插进一句话，不算后面的段落有改动。",
    rollback="退回以前的一代索引",
    rollback_more="N 是代号，省略时退一代，再退一次就再往前一代。旧的一代以新的代号重新发布，\n"
    "正在运行的网页问答随即改用它。下一次 rag build 又会与文档目录一致。",
    verify="把每一条引文与原文件核对",
    verify_more="给出答案文件（rag search --json 的输出）时，核对其中的引文，多年以后也可以：\n"
    "逐条说明是否还与原文件一致，不一致的是文件改了、没了，还是引文移了位置、变了文字。\n"
    "这时不用索引，只用文档目录。有一条不符就以 1 退出。",
    eval="用已知答案的问题给检索打分",
    eval_more='每行一个问题：{"question": "…", "source": "文件", "answer": ["…"]}；\n'
    '文档没有答案的写 "source": null, "answer": []。\n'
    "也可以是 BEIR 格式的文件夹（corpus.jsonl、queries.jsonl、qrels/），按文档评判。\n"
    "--against 用同一个问题成对重抽样，给出每项差别的 95% 区间，再列出变好和变差的问题。",
    calibrate="用自己的问题校准把握和“没有找到”的门槛",
    calibrate_more="问题文件与 rag eval 相同，至少 30 个，有答案和没有答案的各至少 10 个。\n"
    "结果写在索引目录里，重建索引后仍然有效；已设定的 RAG_FOUND、RAG_UNCERTAIN 优先。",
    feedback="大家在网页上对段落的评价",
    feedback_more="不带参数就列出来；rag feedback export > FILE.jsonl 把评为有用的段落变成\n"
    "rag eval 的问题，每行一个。同一段落以最后一次评价为准。",
    doctor="检查安装和索引有什么毛病，该怎么办",
    help="显示这段说明",
    json="输出一个 JSON 对象，供程序读取",
    index="索引目录",
    docs="文档目录",
    own_docs="在这些文档上试，临时建索引",
    k="段落数",
    mode="检索方式：hybrid、dense 或 sparse",
    against="与另一种检索方式或另一个索引目录对比",
    html="把结果写成一个网页文件",
    reset="取消校准",
    source="只在这些文件里找，可用通配符，可多次给出",
    where=(
        "只要符合条件的段落，可多次给出，须同时满足：place=郑州，issued>=2021-03；"
        "还有 organisation、person、publisher、kind"
    ),
    cite="只列参考文献：gbt7714、bibtex 或 csl（CSL-JSON）；没有找到就不列",
    cite_or_json="--cite 和 --json 只能用一个",
    host="监听地址",
    port="端口，0 表示任选一个空闲的",
    verbose="列出每个没答好的问题",
    gate="先用这些问题给新索引打分，分数下降过多就不启用；可多次给出",
    passages_too="列出段落的文字",
    question="问题",
    answer="[答案文件]",
    file="问题文件…",
    stages={"read": "读取", "encode": "编码", "ask": "提问"},
    units={"read": "份", "encode": "段", "ask": "题"},
    progress="{desc} {n_fmt}/{total_fmt} {unit}  {bar}  {rate_noinv_fmt}  剩余 {remaining}",
    watching="正在监视 {docs}，有变化就更新索引 {index}；按 Ctrl-C 停止",
    watched="已停止监视；没做完的更新已放弃，索引是最近一次更新后的样子",
    built="新增 {added}，改动 {changed}，删除 {deleted}，未变 {unchanged}；用时 {seconds} 秒",
    unchanged="文档没有变化，索引没有改动",
    totals="第 {generation} 代索引：{documents} 份文件，{passages} 段",
    gate_passed="门槛通过：{questions} 个问题，与第 {live} 代相比没有哪项分数下降超过 {margin}",
    gate_first="门槛通过：{questions} 个问题，没有可以对比的旧索引",
    gate_refused="没有启用新索引，仍用第 {live} 代：分数下降超过 {margin}",
    gate_fell="  {measure}：{theirs} → {ours}",
    interrupted_late="已中断；新索引此前已经启用，是第 {generation} 代",
    more="  ……另有 {count} 个",
    failed="{count} 个文件没有读成：",
    problem="{source}：{what}。{next_step}",
    found="找到了",
    uncertain="可能找到了，请对照原文核实",
    not_found="没有找到，下面只是最接近的段落",
    nothing="没有找到",
    confidence="{status}（把握 {percent}%）",
    searched_as="按此检索：{query}",
    also="另见 {label}",
    recognised="文字由扫描件识别而来（把握 {certainty}%），引用前请对照原件",
    stale={
        "changed": "文件在建立索引后改动过",
        "missing": "文件已不在原处",
        "unreadable": "文件现在无法读取",
    },
    generation="第 {generation} 代，{created} 建立，{size}",
    model="模型 {model}（{fingerprint}）",
    documents="{documents} 份文件，{passages} 段",
    document="{source}  {chunks} 段",
    calibrations={
        "in_force": "把握已用自己的问题校准",
        "outdated": "把握的校准已不适用（模型或排序变了），没有采用；"
        "请再运行 rag calibrate，或用 rag calibrate --reset 取消",
        "damaged": "把握的校准文件已损坏，没有采用；"
        "请再运行 rag calibrate，或用 rag calibrate --reset 取消",
    },
    up_to_date="与文档目录一致",
    behind="落后于文档目录：新增 {added}，改动 {changed}，删除 {deleted}，读不了 {failed}；"
    "运行 rag build 即可更新",
    live="← 现在用的",
    generation_line="第 {generation} 代  {created}  {documents} 份文件，{passages} 段，{size}",
    generation_first="最早保留的一代",
    restored="退回到第 {generation} 代",
    generation_damaged="第 {generation} 代  {problem}",
    document_changes="新增 {added}，改动 {changed}，改名 {renamed}，删除 {removed}",
    diff_heading="第 {before} 代 → 第 {after} 代",
    no_difference="文件和段落都相同",
    passage_changes="段落：新增 {added}，改动 {changed}，删除 {removed}",
    renamed="{was} → {source}",
    rolled_back="已退回到第 {restored} 代，现在是第 {generation} 代；此前是第 {was} 代",
    already_live="第 {generation} 代就是现在用的，没有改动",
    next_build="文档目录没有改动；下一次 rag build 又会与它一致",
    verified="{passages} 条引文都与原文一致",
    broken="{passages} 条引文中 {proven} 条与原文一致；有 {problems} 个问题：",
    saved_proven="答案里的 {citations} 条引文都得到证实：文件没有变，引文是原话，行号无误",
    saved_broken="答案里的 {citations} 条引文中 {proven} 条得到证实",
    saved_without="答案里没有引文，没有要核对的",
    saved_place="{source} 第 {lines} 行",
    saved_holds="与原文一致",
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
    compared="与 {rival} 相比（95% 区间；* 表示区间不含 0）：",
    ours="本次",
    difference="差",
    interval="区间",
    gained="更好的 {count} 个问题",
    lost="更差的 {count} 个问题",
    rank="第 {rank} 段",
    documents_at="相关文档在第 {ranks} 位",
    statuses={"found": "找到了", "uncertain": "可能找到了", "not_found": "没有找到"},
    fitted="用 {all} 个问题校准：有答案的 {answerable} 个，没有答案的 {unanswerable} 个",
    before="校准前",
    left_out="校准后（用其余问题校准）",
    found_share="找到",
    precision="找到的正确率",
    found_from="找到：把握从 {found:.0%} 起，十有九对",
    found_unreached="找到：什么门槛都到不了十有九对，沿用设置 {found:.0%}",
    uncertain_from="可能找到：把握从 {uncertain:.0%} 起；误拒的不超过 3%",
    set_wins="已设定 {name}，以它为准",
    calibration_written="已写入 {index}/calibration.json；正在运行的网页问答重新打开后生效",
    calibration_removed="已取消校准；正在运行的网页问答重新打开后生效",
    no_calibration="没有校准过，什么也没有改动",
    exported="{verdicts} 条评价，写出 {cases} 个问题",
    verdicts={"useful": "有用", "not_useful": "没用", "wrong_citation": "出处有误"},
    levels={"ok": "好", "warn": "注意", "bad": "坏"},
    checks={
        "installation": "安装",
        "settings": "设置",
        "model": "模型",
        "index": "索引",
        "calibration": "校准",
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
    files_or_reset="name files of questions, or --reset alone",
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
    watch="follow the documents: build whenever they change",
    watch_more="A build waits until nothing has changed for a second. A folder that vanishes is\n"
    "waited for, a build that fails is told of and tried again; Ctrl-C ends it. With --json\n"
    "one line a build.",
    status="what is indexed, and whether documents have changed since",
    history="the generations of the index that are kept, and what each changed",
    history_more="RAG_KEEP_GENERATIONS says how many are kept.",
    diff="how the documents and passages of two generations differ",
    diff_more="A and B are numbers of generations, as in rag diff 3 5; left out, they are the\n"
    "live one and the one before. Passages are aligned by their text: a sentence put in at the\n"
    "top changes none of those that follow.",
    rollback="go back to an earlier generation",
    rollback_more="N is the number of a generation; left out, it is one step back, and one more\n"
    "the next time. The old generation is published anew under the next number, and a running\n"
    "chat moves to it at once. The next rag build follows the documents again.",
    verify="check every citation in the index against the files",
    verify_more="Given an answer (what rag search --json printed), its citations are checked,\n"
    "years later too: whether each still holds, and if not, whether the file changed or is gone,\n"
    "or the passage moved or reads differently. That takes the documents and no index.\n"
    "Exits with 1 if one does not hold.",
    eval="score the search by questions with known answers",
    eval_more='One question a line: {"question": "…", "source": "file", "answer": ["…"]};\n'
    'with "source": null, "answer": [] where the documents do not answer. Or a folder in\n'
    "the form of BEIR (corpus.jsonl, queries.jsonl, qrels/), where documents are judged.\n"
    "--against resamples the questions in pairs: a 95% interval of every difference, then\n"
    "the questions gained and lost.",
    calibrate="fit the confidence, and when to say not found, to your own questions",
    calibrate_more="Questions as for rag eval: at least 30, 10 with an answer and 10 without.\n"
    "The outcome is kept in the folder of the index and outlives every build; where\n"
    "RAG_FOUND or RAG_UNCERTAIN is set, that wins.",
    feedback="what people said of passages in the chat",
    feedback_more="Lists it; rag feedback export > FILE.jsonl makes cases for rag eval of the\n"
    "passages found useful, one a line. Of several verdicts on a passage the last counts.",
    doctor="what is wrong with this installation or index, and what to do",
    help="show this text",
    json="print one JSON object, for programs",
    index="folder of the index",
    docs="folder of the documents",
    own_docs="ask these documents, indexed for the time",
    k="number of passages",
    mode="hybrid, dense or sparse",
    against="compare with another mode, or with the index in another folder",
    html="write a report, one HTML file",
    reset="take the calibration back",
    source="search these files only; a glob, may be repeated",
    where=(
        "only passages of which this is known; may be repeated, all must hold: kind=pdf,"
        " issued>=2021-03; place, organisation, person, publisher too"
    ),
    cite="print references only: gbt7714, bibtex or csl (CSL-JSON); none if not found",
    cite_or_json="--cite and --json cannot be used together",
    host="address to listen on",
    port="port, 0 for any free one",
    verbose="list every question that was not answered well",
    gate="score the new index by these questions first, and refuse it if scores fall too\n"
    "far; may be repeated",
    passages_too="list the text of the passages",
    question="QUESTION",
    answer="[ANSWER]",
    file="FILE…",
    stages={"read": "reading", "encode": "encoding", "ask": "asking"},
    units={"read": "files", "encode": "passages", "ask": "questions"},
    progress="{desc} {n_fmt}/{total_fmt} {unit}  {bar}  {rate_noinv_fmt}  {remaining} left",
    watching="watching {docs}, the index {index} follows; Ctrl-C ends it",
    watched="no longer watching; what was not finished is dropped, the index is as last told",
    built="{added} added, {changed} changed, {deleted} deleted, {unchanged} unchanged; {seconds} s",
    unchanged="no document has changed, nothing was written",
    totals="generation {generation}: {documents} documents, {passages} passages",
    gate_passed="gate passed: {questions} questions, no score is more than {margin} below "
    "generation {live}",
    gate_first="gate passed: {questions} questions, with no index to compare with",
    gate_refused="the new index was refused, generation {live} stays: scores fell by more than "
    "{margin}",
    gate_fell="  {measure}: {theirs} → {ours}",
    interrupted_late="interrupted; the new index was live by then, generation {generation}",
    more="  … and {count} more",
    failed="{count} inputs failed:",
    problem="{source}: {what}; {next_step}",
    found="found",
    uncertain="possibly found, please check it against the source",
    not_found="not found; these are only the nearest passages",
    nothing="not found",
    confidence="{status} (confidence {percent}%)",
    searched_as="searched as: {query}",
    also="also {label}",
    recognised="recognised in a scan ({certainty} % sure): compare it with the page before citing",
    stale={
        "changed": "the file changed since it was indexed",
        "missing": "the file is no longer there",
        "unreadable": "the file cannot be read now",
    },
    generation="generation {generation}, made {created}, {size}",
    model="model {model} ({fingerprint})",
    documents="{documents} documents, {passages} passages",
    document="{source}  {chunks} passages",
    calibrations={
        "in_force": "the confidence is calibrated by your own questions",
        "outdated": "the calibration no longer fits (model or ranking changed) and is left aside; "
        "run rag calibrate again, or rag calibrate --reset",
        "damaged": "the file of the calibration is damaged and left aside; "
        "run rag calibrate again, or rag calibrate --reset",
    },
    up_to_date="up to date with the documents",
    behind="behind the documents: {added} added, {changed} changed, {deleted} deleted, "
    "{failed} unreadable; run rag build",
    live="← live",
    generation_line="generation {generation}  {created}  {documents} documents, "
    "{passages} passages, {size}",
    generation_first="the oldest that is kept",
    restored="back to generation {generation}",
    generation_damaged="generation {generation}  {problem}",
    document_changes="{added} added, {changed} changed, {renamed} renamed, {removed} deleted",
    diff_heading="generation {before} → generation {after}",
    no_difference="the same documents and passages",
    passage_changes="passages: {added} added, {changed} changed, {removed} removed",
    renamed="{was} → {source}",
    rolled_back="back to generation {restored}, which is now generation {generation}; before it "
    "was generation {was}",
    already_live="generation {generation} is live already, nothing was changed",
    next_build="the documents are as they were; the next rag build follows them again",
    verified="all {passages} citations hold",
    broken="{proven} of {passages} citations hold; {problems} problems:",
    saved_proven="all {citations} citations of the answer are proven: the same files, word for "
    "word, on those lines",
    saved_broken="{proven} of the answer's {citations} citations are proven",
    saved_without="the answer has no citations; there is nothing to check",
    saved_place="{source} lines {lines}",
    saved_holds="holds",
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
    compared="compared with {rival} (95% intervals; * where one leaves out 0):",
    ours="ours",
    difference="diff.",
    interval="interval",
    gained="{count} questions gained",
    lost="{count} questions lost",
    rank="passage {rank}",
    documents_at="relevant documents at {ranks}",
    statuses={"found": "found", "uncertain": "uncertain", "not_found": "not found"},
    fitted="calibrated by {all} questions: {answerable} with an answer, {unanswerable} without",
    before="before",
    left_out="after (fitted to the others)",
    found_share="found",
    precision="right if found",
    found_from="found: from a confidence of {found:.0%}, right nine times in ten",
    found_unreached="found: no threshold is right nine times in ten; "
    "the setting stays, {found:.0%}",
    uncertain_from="uncertain: from {uncertain:.0%}; at most 3% wrongly refused",
    set_wins="{name} is set, and wins",
    calibration_written="written to {index}/calibration.json; a running chat takes it up when "
    "opened again",
    calibration_removed="the calibration is taken back; a running chat follows when opened again",
    no_calibration="there is no calibration, nothing was changed",
    exported="{verdicts} verdicts, {cases} cases written",
    verdicts={"useful": "useful", "not_useful": "not useful", "wrong_citation": "wrong citation"},
    levels={"ok": "ok", "warn": "warn", "bad": "bad"},
    checks={
        "installation": "installation",
        "settings": "settings",
        "model": "model",
        "index": "index",
        "calibration": "calibration",
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
