"""Promises of the order: the report that is named, and what is planned told from what was done."""

import pytest

import rag

TOWNS = ("青川县", "安平县", "宁远县")
YEARS = (2019, 2020, 2021)
SECTION = (
    "全县新建公共厕所{toilets}座，改造老旧小区{old}个，方便了群众的生活。",
    "治理河道{rivers}公里，河水比以前更清，两岸种上了树。",
    "城镇新增就业{jobs}人，帮助下岗职工再就业，发放小额贷款。",
    "新建乡镇卫生院{clinics}所，村村有医生，看病不用再跑远路。",
)


def figures(town, year, ahead):
    base = TOWNS.index(town) * 100 + (year - 2000) * 3 + 1000 * ahead
    names = ("toilets", "old", "rivers", "jobs", "clinics")
    return {name: base + place * 7 for place, name in enumerate(names)}


def report(town, year):
    done = "".join(SECTION).format(**figures(town, year, 0))
    ahead = "".join(SECTION).format(**figures(town, year, 1))
    title = f"{town}{year}年政府工作报告"
    looked_back = f"## 一、{year - 1}年工作回顾\n\n{done}"
    return f"# {title}\n\n{looked_back}\n\n## 二、{year}年工作安排\n\n{ahead}\n"


@pytest.fixture(scope="module")
def retriever(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    (folder / "docs").mkdir()
    for town in TOWNS:
        for year in YEARS:
            (folder / "docs" / f"{town}{year}.md").write_text(report(town, year), "utf-8")
    rag.build(folder / "docs", folder / "index")
    with rag.Retriever(folder / "index") as opened:
        yield opened


@pytest.mark.parametrize("town", TOWNS)
@pytest.mark.parametrize("year", YEARS)
def test_the_report_that_the_question_names_stands_first(retriever, town, year):
    answer = retriever.retrieve(f"{town}{year}年报告里，河道治理了多长？")
    assert answer.hits[0].citation.source == f"{town}{year}.md"


@pytest.mark.parametrize("matter", ["要新建多少座公厕", "打算帮多少人找到工作", "计划建几所卫生院"])
def test_what_is_planned_is_found_where_plans_are_told(retriever, matter):
    answer = retriever.retrieve(f"宁远县2020年{matter}？")
    assert answer.hits[0].citation.source == "宁远县2020.md"
    assert answer.hits[0].citation.section == "二、2020年工作安排"


@pytest.mark.parametrize("matter", ["建了多少座公厕", "上一年有多少人找到工作", "建成了几所卫生院"])
def test_what_was_done_is_found_where_it_is_looked_back_on(retriever, matter):
    answer = retriever.retrieve(f"宁远县2020年报告：{matter}？")
    assert answer.hits[0].citation.source == "宁远县2020.md"
    assert answer.hits[0].citation.section == "一、2019年工作回顾"


def test_a_headline_that_names_no_place_is_not_taken_for_another_place(tmp_path):
    (tmp_path / "docs").mkdir()
    told = {
        "学习.md": "# 中原区党员学习忙\n\n中原区各级党组织开展学习，中原区座谈会上大家踊跃发言。\n",
        "走访.md": "# 走好关键三步\n\n中原区委全面部署，召开座谈会149场，征求群众意见。\n",
        "上街.md": "# 上街区走好关键三步\n\n上街区委全面部署，召开座谈会88场，征求群众意见。\n",
    }
    for name, text in told.items():
        (tmp_path / "docs" / name).write_text(text, "utf-8")
    rag.build(tmp_path / "docs", tmp_path / "index")
    with rag.Retriever(tmp_path / "index") as opened:
        answer = opened.retrieve("为了征求意见，中原区开了几场座谈会？")
    assert answer.hits[0].citation.source == "走访.md"


def test_marked_is_the_sentence_that_alone_holds_what_is_asked(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "水利.md").write_text(
        "# 青川县举行水利工程推进会\n\n本报讯 3月5日，青川县举行水利工程推进会，部署水利工程。"
        "副县长何田主持会议。水利局局长林水在推进会上汇报水利工程进展。\n",
        "utf-8",
    )
    rag.build(tmp_path / "docs", tmp_path / "index")
    with rag.Retriever(tmp_path / "index") as opened:
        hit = opened.retrieve("青川县水利工程推进会由谁主持？").hits[0]
    start, end = hit.highlights[0]
    assert hit.text[start:end] == "副县长何田主持会议。"
