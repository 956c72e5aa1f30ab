"""Every text of the report of an evaluation, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Language


@dataclass(frozen=True, slots=True)
class ReportTexts:
    """The report's texts in one language. Templates are filled by ``str.format``."""

    html_lang: str
    title: str
    made: str
    facts: dict[str, str]
    counts: str
    scores: str
    scores_note: str
    against_note: str
    measure: str
    value: str
    interval: str
    difference: str
    sure: str
    unsure: str
    measures: dict[str, str]
    short_measures: dict[str, str]
    files: str
    file: str
    confidence: str
    reliability: str
    reliability_note: str
    reliability_x: str
    reliability_y: str
    bin: str
    risk: str
    risk_note: str
    risk_x: str
    risk_y: str
    found_point: str
    answered_point: str
    refusal: str
    refusal_note: str
    refusal_x: str
    refusal_y: str
    refusal_point: str
    changes: str
    gained: str
    lost: str
    questions: str
    short: str
    good: str
    question: str
    expected: str
    expected_none: str
    rank: str
    rank_none: str
    documents: str
    status: str
    statuses: dict[str, str]
    claimed: str
    problems: dict[str, str]
    after: str


ZH = ReportTexts(
    html_lang="zh-CN",
    title="检索评测",
    made="问据 Wenju {version} · {when}",
    facts={"mode": "检索方式", "index": "索引", "model": "模型", "against": "对比"},
    counts="{all} 个问题：有答案的 {answerable} 个，没有答案的 {unanswerable} 个",
    scores="得分",
    scores_note="横线是 95% 区间（自助法，2000 次重抽样）。",
    against_note="空心点是 {rival}；差的区间按同一个问题成对重抽样，不含 0 才算有把握。",
    measure="指标",
    value="得分",
    interval="95% 区间",
    difference="差",
    sure="有把握",
    unsure="说不准",
    measures={
        "R@": "答案在前 {k} 段",
        "MRR@10": "答案名次的倒数",
        "nDCG@10": "文档排序",
        "highlighted": "首个高亮就是答案",
        "refused": "没有答案，说没有找到",
        "wrongly_refused": "有答案，却说没有找到（越低越好）",
    },
    short_measures={"highlighted": "高亮", "refused": "拒答", "wrongly_refused": "误拒"},
    files="各文件",
    file="问题文件",
    confidence="把握可信吗",
    reliability="把握与实际",
    reliability_note="每点约十分之一的问题。点在斜线上，说几成把握就有几成答对；"
    "平均相差（ECE）{error}。",
    reliability_x="给出的把握",
    reliability_y="前三段真有答案",
    bin="{count} 个问题：把握 {confidence}，实际 {right}",
    risk="答得越多，错得越多",
    risk_note="先答把握最高的，依次往下；线越低越好。",
    risk_x="作答的问题",
    risk_y="其中前三段没有答案",
    found_point="“找到”：答 {share}，其中没有答案 {risk}",
    answered_point="“找到”和“可能”：答 {share}，其中没有答案 {risk}",
    refusal="拒答与误拒",
    refusal_note="门槛从低到高：拒掉多少没有答案的，又误拒多少有答案的；线越靠左上越好。"
    "虚线是误拒 3%。",
    refusal_x="误拒（有答案的）",
    refusal_y="拒答（没有答案的）",
    refusal_point="现在：拒答 {refused}，误拒 {wrongly}",
    changes="与 {rival} 相比",
    gained="更好的 {count} 个",
    lost="更差的 {count} 个",
    questions="逐个问题",
    short="没答好的 {count} 个",
    good="答好的 {count} 个",
    question="问题",
    expected="答案",
    expected_none="文档里没有",
    rank="名次",
    rank_none="前 10 段里没有",
    documents="相关文档在第 {ranks} 位",
    status="判断",
    statuses={"found": "找到", "uncertain": "可能", "not_found": "没有找到"},
    claimed="把握",
    problems={
        "refused": "有答案，却说没有找到",
        "missed": "前 10 段里没有答案",
        "not_first": "答案不在第一段",
        "not_highlighted": "首个高亮不是答案",
        "not_refused": "没有答案，却没有拒答",
    },
    after="追问：{history}",
)

EN = ReportTexts(
    html_lang="en",
    title="How well it finds",
    made="Wenju 问据 {version} · {when}",
    facts={"mode": "Mode", "index": "Index", "model": "Model", "against": "Against"},
    counts="{all} questions: {answerable} with an answer, {unanswerable} without",
    scores="Scores",
    scores_note="Lines are 95% intervals (bootstrap, 2,000 resamples).",
    against_note="Hollow dots are {rival}; the interval of a difference resamples questions in "
    "pairs, and is sure where it leaves out 0.",
    measure="Measure",
    value="Score",
    interval="95% interval",
    difference="Difference",
    sure="sure",
    unsure="unsure",
    measures={
        "R@": "answer in the first {k}",
        "MRR@10": "one over the answer's rank",
        "nDCG@10": "order of documents",
        "highlighted": "first highlight is the answer",
        "refused": "no answer, said not found",
        "wrongly_refused": "has an answer, said not found (less is better)",
    },
    short_measures={"highlighted": "highlight", "refused": "refused", "wrongly_refused": "wrongly"},
    files="By file",
    file="Questions",
    confidence="Can the confidence be believed",
    reliability="Claimed and true",
    reliability_note="A dot is about a tenth of the questions. On the diagonal, what is claimed "
    "comes true; the mean distance (ECE) is {error}.",
    reliability_x="confidence claimed",
    reliability_y="answer in the first three",
    bin="{count} questions: claimed {confidence}, true {right}",
    risk="The more it answers, the more it errs",
    risk_note="The surest are answered first, then the next; lower is better.",
    risk_x="questions answered",
    risk_y="of them without the answer",
    found_point="found: {share} answered, {risk} of them without the answer",
    answered_point="found and uncertain: {share} answered, {risk} of them without the answer",
    refusal="Refused, rightly and wrongly",
    refusal_note="As the threshold rises: how many without an answer are refused, and how many "
    "with one; upper left is better. The dashed line is 3% wrongly refused.",
    refusal_x="wrongly refused (with an answer)",
    refusal_y="refused (without one)",
    refusal_point="now: {refused} refused, {wrongly} wrongly",
    changes="Compared with {rival}",
    gained="{count} better",
    lost="{count} worse",
    questions="Question by question",
    short="{count} not answered well",
    good="{count} answered well",
    question="Question",
    expected="Answer",
    expected_none="not in the documents",
    rank="Rank",
    rank_none="not in the first 10",
    documents="relevant documents at {ranks}",
    status="Verdict",
    statuses={"found": "found", "uncertain": "uncertain", "not_found": "not found"},
    claimed="Confidence",
    problems={
        "refused": "has an answer and was refused",
        "missed": "no answer in the first 10 passages",
        "not_first": "the answer is not in the first passage",
        "not_highlighted": "the first highlight is not the answer",
        "not_refused": "has no answer and was not refused",
    },
    after="after: {history}",
)


def report_texts(language: Language) -> ReportTexts:
    """The report's texts in ``language``."""
    return EN if language is Language.EN else ZH
