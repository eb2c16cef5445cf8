"""A site small enough for one test: YAML in, a course to walk out. Real reader, real checker, real engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from banli.definitions.edition import open_edition
from banli.definitions.library import Library
from banli.editions import Issue
from banli.engine import Case, Decision, Moment, Position, apply, commands
from banli.hooks import ActionKind, Errand, Home, InquiryKind, Outcome, Plugin, Question
from banli.plugins import Plugins, kinds

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
BASE = {
    "site.yaml": "title: 样本\nlanguages: [zh_CN]\nentrance: [c1]\nplugins: []\nmenu: {my_business: 我的业务}\n",
    "client.yaml": (
        "schema:\n  type: object\n  properties:\n    name: {title: 姓名, type: string}\n"
        "    risk_class: {title: 等级, type: string}\n    codes: {title: 编码, type: array, items: {type: string}}\n"
    ),
    "companies/c1/company.yaml": "name: 样本公司\nenabled: true\nbusinesses: [trial]\n",
    "forms/login.yaml": "title: 登录\nschema: {type: object, properties: {number: {title: 号码, type: string}}}\n",
    "dictionaries/level.yaml": (
        "title: 等级\nversion: '1'\nitems:\n  - {code: C1, text: 保守型}\n  - {code: C3, text: 稳健型}\n  - {code: C5, text: 激进型}\n"
    ),
}


class Positions(InquiryKind):
    """How many lots a client holds."""

    name = "core.positions"
    options = {"market": {"type": "string"}}
    answers = {"lots": {"type": "integer"}, "funds": {"type": "number"}}

    async def ask(self, question: Question) -> Mapping[str, object]:
        return {"lots": 0, "funds": 0.0}


class Apply(ActionKind):
    name = "core.apply"
    options = {"text": {"type": "string"}}
    refers = {"text": "text"}

    async def run(self, errand: Errand) -> Outcome:
        return Outcome(Outcome.DONE)


class Core(Plugin):
    name = "core"

    def inquiries(self) -> Sequence[InquiryKind]:
        return (Positions(),)

    def actions(self) -> Sequence[ActionKind]:
        return (Apply(),)


def library(folder: Path, files: Mapping[str, str]) -> Library:
    """The definitions with these files in place of, or beside, the base's."""
    for name, text in {**BASE, **files}.items():
        path = folder / "definitions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Library.read(folder / "definitions", kinds(plugins(folder), {"core": Core}))


def plugins(folder: Path) -> Plugins:
    return Plugins([Core({}, Home(folder / "core", lambda: NOON, True, folder / "definitions"))])


def mistakes(folder: Path, files: Mapping[str, str]) -> list[str]:
    return [str(mistake) for mistake in library(folder, files).mistakes]


@dataclass
class Walk:
    """A client on the way; `case` is where they are."""

    issue: Issue
    case: Case

    def send(self, command: commands.Command) -> Decision:
        decision = apply(self.issue.course, self.case, command, Moment(NOON, "2026-11-24"))
        if not decision.problems:
            self.case = decision.case
        return decision

    def answer(self, step: str, verdicts: Mapping[str, Any] | None = None, **raw: str | list[str]) -> Decision:
        typed = {name: [text] if isinstance(text, str) else text for name, text in raw.items()}
        return self.send(commands.Answer(actor="client", step=step, raw=typed, verdicts=verdicts))

    @property
    def position(self) -> Position:
        return self.issue.course.position(self.case, {}, "2026-11-24")

    @property
    def current(self) -> str:
        found = self.position.current
        return found.id if found is not None else ""


def walk(folder: Path, files: Mapping[str, str], record: Mapping[str, Any] | None = None) -> Walk:
    """A case just begun of the business `trial`. The site must have no mistakes."""
    found = library(folder, files)
    assert not found.mistakes, [str(mistake) for mistake in found.mistakes]
    issue = Issue(open_edition(found.bundle("c1", "trial"), found.kinds), plugins(folder))
    blank = Case("0" * 32, "c1-1", "c1", "someone", "trial", issue.edition.hash, "", 0, NOON, NOON)
    walked = Walk(issue, blank)
    walked.send(commands.Start(actor="client", record=dict(record or {"name": "样本甲"})))
    return walked
