"""Cases of flows with scores, notices and inquiries on their way to another edition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from banli.definitions.edition import open_edition
from banli.editions import Issue
from banli.engine.moving import Again, Moving, move
from banli.engine.routes import Route
from pocket import Walk, library, plugins, walk
from test_flow_language import ASSESSMENT, CLOSING

CONFIRM = ("- submit: {text: 已提交}", "- submit: {text: 已提交, confirm: true}")
QUIZ, FLOW = "forms/quiz.yaml", "flows/trial.yaml"


def edited(files: Mapping[str, str], *edits: tuple[str, str, str]) -> dict[str, str]:
    """The files with these texts in them replaced; the client is asked at the end, so that the case stays open."""
    told = {**files, FLOW: files[FLOW].replace(*CONFIRM)}
    for name, old, new in edits:
        assert old in told[name]
        told[name] = told[name].replace(old, new)
    return told


def moved(client: Walk, folder: Path, files: Mapping[str, str], route: Route = Route(unclean="restart")) -> Moving:
    """What comes of moving the client's case onto these files."""
    found = library(folder / "new", files)
    assert not found.mistakes, [str(mistake) for mistake in found.mistakes]
    new = Issue(open_edition(found.bundle("c1", "trial"), found.kinds), plugins(folder))
    outcome = move(client.case, client.issue.course, new.course, new.edition.hash, route, {}, "2026-11-24")
    client.issue, client.case = new, outcome.case
    return outcome


def scored(folder: Path) -> Walk:
    client = walk(folder / "old", edited(ASSESSMENT))
    client.answer("quiz", age="young", aim="keep", goods=["bond"])
    client.answer("result")
    assert client.current == "submit"
    return client


def test_a_score_that_counts_as_before_stands_and_one_that_counts_otherwise_is_asked_again(tmp_path: Path) -> None:
    same, other = scored(tmp_path / "same"), scored(tmp_path / "other")
    longer = edited(ASSESSMENT, (QUIZ, "title: 问卷", "title: 调查问卷"), (QUIZ, "share: 5", "share: 6"))
    assert moved(same, tmp_path / "same", longer).outcome == "safe"
    outcome = moved(other, tmp_path / "other", edited(ASSESSMENT, (QUIZ, "young: 10", "young: 30")))
    assert outcome.again == (Again("quiz", "read_otherwise"),) and other.current == "quiz"
    assert other.case.results["quiz"].data["score"] == 11
    other.answer("quiz", age="young", aim="keep", goods=["bond"])
    assert (other.case.results["quiz"].data["score"], other.current) == (31, "result")


def test_a_notice_is_read_again_when_it_says_something_else_and_not_when_its_heading_does(tmp_path: Path) -> None:
    one, two = scored(tmp_path / "one"), scored(tmp_path / "two")
    assert moved(one, tmp_path / "one", edited(ASSESSMENT, (FLOW, "title: 结果", "title: 测评结果"))).outcome == "safe"
    outcome = moved(two, tmp_path / "two", edited(ASSESSMENT, (FLOW, "您的得分为", "您得了")))
    assert outcome.again == (Again("result", "texts_changed"),)


def test_a_renamed_questionnaire_keeps_its_score_and_the_notice_that_names_it_is_read_again(tmp_path: Path) -> None:
    client = scored(tmp_path)
    client.answer("result", again="true")
    renamed = edited(ASSESSMENT, (FLOW, "- form: {id: quiz}", "- form: {id: poll, form: quiz}"), (FLOW, "quiz.", "poll."),
                     (FLOW, "steps: [quiz]", "steps: [poll]"))  # fmt: skip
    outcome = moved(client, tmp_path, renamed, Route(steps={"quiz": "poll"}, unclean="restart"))
    assert client.case.results["poll"].data["score"] == 11 and outcome.lost == ()
    assert (client.case.reopened, client.case.again) == ({"poll": ()}, {"result": 1})


def test_what_another_system_said_stands_as_long_as_the_same_is_asked_of_it(tmp_path: Path) -> None:
    def asked(name: str) -> Walk:
        client = walk(tmp_path / name / "old", edited(CLOSING))
        client.answer("account", {"inquiry": {"lots": 0, "funds": 0.0}})
        client.answer("goodbye", agree="true")
        assert client.current == "submit"
        return client

    same, other = asked("same"), asked("other")
    assert moved(same, tmp_path / "same", edited(CLOSING, (FLOW, "title: 检查", "title: 查询"))).outcome == "safe"
    outcome = moved(other, tmp_path / "other", edited(CLOSING, (FLOW, "market: all", "market: shfe")))
    assert outcome.again == (Again("account", "settings_changed"),) and other.current == "account"
