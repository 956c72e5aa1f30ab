"""The panel below the list of documents: uploading, what waits for a build, the build."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import BuildReport, Language
from rag.web.keeping import Keeper
from rag.web.markup import Markup, element
from rag.web.parts import button
from rag.web.rebuilding import Building
from rag.web.service_texts import ServiceTexts, service_texts

NAMED = 50
"""Files named one by one, of those that failed."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line about a file that was just uploaded or deleted."""

    name: str
    what: str
    good: bool


def panel(
    keeper: Keeper, building: Building, said: tuple[Said, ...], limit_mb: float, language: Language
) -> Markup:
    """The whole panel."""
    say = service_texts(language)
    waiting = len(keeper.waiting)
    return element(
        "section",
        element("h3", say.keeping),
        element(
            "div",
            element("p", say.drop_here, " ", _chooser(say)),
            element("p", say.kinds_and_size.format(limit=f"{limit_mb:g}"), class_="aside"),
            class_="drop",
            data_limit=f"{limit_mb:g}",
            data_language=language,
            data_too_large=say.too_large.format(limit=f"{limit_mb:g}"),
            data_uploading=say.uploading,
            data_failed=say.upload_failed,
        ),
        element("p", class_="uploading", role="status"),
        element("ul", *(_line(one, say) for one in said), class_="said") if said else None,
        element(
            "div",
            element("p", say.waiting.format(count=waiting) if waiting else say.nothing_waits),
            button(say.rebuild, data_event="rebuild", class_="rebuild", disabled=building.running),
            class_="waiting",
        ),
        _building(building, say, language),
        class_="keeping",
        lang=say.html_lang,
    )


def _chooser(say: ServiceTexts) -> Markup:
    return element(
        "label",
        say.choose,
        element("input", type="file", multiple=True, class_="unseen", aria_label=say.choose),
        class_="choose",
    )


def _line(one: Said, say: ServiceTexts) -> Markup:
    good = "good" if one.good else "bad"
    what = one.what if one.good else f"{say.refused}：{one.what}"
    return element("li", element("span", one.name, class_="file"), " ", what, class_=good)


def _building(building: Building, say: ServiceTexts, language: Language) -> Markup | None:
    if building.running:
        bars = [
            element(
                "li",
                element("span", say.stages.get(stage, stage)),
                element("progress", value=done, max=max(total, 1), aria_label=stage),
                element("span", f"{done}/{total}", class_="number"),
            )
            for stage, done, total in building.stages
        ]
        return element(
            "div",
            element("p", say.rebuilding, role="status"),
            element("ul", *bars, class_="stages"),
            class_="building",
        )
    if building.trouble is not None:
        what, step = building.trouble.texts(language)
        return element(
            "div",
            element("p", element("strong", say.build_trouble), f"：{what}。{step}"),
            class_="building trouble",
            role="alert",
        )
    return _report(building.report, say) if building.report else None


def _report(report: BuildReport, say: ServiceTexts) -> Markup:
    done = say.unchanged
    if report.published:
        done = say.built.format(
            added=len(report.added),
            changed=len(report.changed),
            deleted=len(report.deleted),
            documents=report.documents,
            passages=report.passages,
        )
    rows = [
        element(
            "li",
            element("span", one.source, class_="file"),
            f"：{one.what}。{one.next_step}",
        )
        for one in report.failed[:NAMED]
    ]
    return element(
        "div",
        element("p", done, role="status"),
        element("p", say.failed.format(count=len(report.failed))) if rows else None,
        element("ul", *rows, class_="left-out") if rows else None,
        class_="building done",
    )
