"""Tells what came of the stories: to people in lines, to a build server as JUnit XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.etree import ElementTree

from banli.scenarios.coverage import SORTS
from banli.scenarios.running import Outcome

Touched = Mapping[str, tuple[Sequence[str], Sequence[str]]]
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def failures(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Each story that went another way: where, what, and where its case stands."""
    for outcome in outcomes:
        if not outcome.good:
            yield f"{outcome.place}: {outcome.company}: {outcome.what}"
            yield f"    {outcome.scenario.title}"
            yield from (f"    {line}" for line in outcome.stands)


def line(outcome: Outcome) -> str:
    """One story in one line, as `-v` shows it."""
    word = "ok    " if outcome.good else "FAILED"
    told = f"{outcome.scenario.id}: {outcome.scenario.title}"
    return f"{word} {outcome.company} {told} ({outcome.steps} steps, {outcome.seconds * 1000:.1f} ms)"


def summary(outcomes: Sequence[Outcome], files: int) -> str:
    """How many, how fast, how many failed."""
    bad = sum(not outcome.good for outcome in outcomes)
    steps, seconds = sum(o.steps for o in outcomes), sum(o.seconds for o in outcomes)
    speed = f"{steps / seconds:,.0f} steps/s" if seconds else "no time"
    verdict = f"{bad} failed" if bad else "all as told"
    counted = ", ".join(_many(*one) for one in ((files, "scenario"), (len(outcomes), "run"), (steps, "step")))
    return f"{counted} in {seconds:.2f} s ({speed}): {verdict}."


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def percent(touched: Touched) -> float:
    """How much of a business was touched, of a hundred."""
    hit, missed = (sum(len(touched[sort][place]) for sort in SORTS) for place in (0, 1))
    return 100 * hit / (hit + missed) if hit + missed else 100.0


def coverage(company: str, business: str, touched: Touched) -> Iterator[str]:
    """What was touched in figures, and by name what was not."""
    figures = ", ".join(f"{sort} {len(hit)}/{len(hit) + len(missed)}" for sort, (hit, missed) in touched.items() if hit or missed)
    yield f"{company} {business}: {percent(touched):.1f} % ({figures})"
    for sort in SORTS:
        yield from (f"    not tested: {sort}: {name}" for name in touched[sort][1])


def junit(outcomes: Sequence[Outcome]) -> str:
    """One suite for each business of each company, one case for each story."""
    root = ElementTree.Element("testsuites", _counts(outcomes))
    suites: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        suites.setdefault(f"{outcome.company}.{outcome.scenario.business}", []).append(outcome)
    for name, inside in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": name, **_counts(inside)})
        for outcome in inside:
            place = outcome.place if outcome.place.line else outcome.scenario.source.place(("title",))
            case = ElementTree.SubElement(suite, "testcase", {
                "classname": name,
                "name": _plain(f"{outcome.scenario.id}: {outcome.scenario.title}"),
                "file": place.file,
                "line": str(place.line),
                "time": f"{outcome.seconds:.6f}",
            })  # fmt: skip
            if not outcome.good:
                told = {"message": _plain(f"{outcome.place}: {outcome.what}"), "type": "scenario"}
                ElementTree.SubElement(case, "failure", told).text = _plain("\n".join(outcome.stands))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        "tests": str(len(outcomes)),
        "failures": str(sum(not outcome.good for outcome in outcomes)),
        "errors": "0",
        "time": f"{sum(outcome.seconds for outcome in outcomes):.6f}",
    }


def _plain(text: str) -> str:
    """Without characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
