"""The open cases of a business and what its author has changed: told before, moved one by one, and taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from banli.beginnings import Elsewhere
from banli.cases import Look
from banli.definitions.edition import open_edition
from banli.definitions.library import Library
from banli.definitions.migrations import build_migration
from banli.editions import Issue
from banli.moves import Classification, Moves, Outcome, classify
from banli.store import CaseRow, Store
from release_kit import Edits, change
from store_kit import behind_the_back
from town import SITE, Town, open_town, photo

BUSINESS = ("8001", "basic_info_change")
PEOPLE = ("410105199508130039", "500112198505050018")
FLOW, PHONE, OTHER, PHOTOS = (
    "flows/basic_info_change.yaml", "forms/contact_phone.yaml", "forms/other_info.yaml", "forms/id_photos.yaml"
)  # fmt: skip
TITLE: Edits = {FLOW: {"title: 联系电话修改": "title: 修改联系电话"}}
TEXT: Edits = {"agreements/risk_disclosure.yaml": {"2026-01": "2026-02", "text: |\n": "text: |\n  NEWER\n\n"}}
NO_EMPLOYER: Edits = {
    OTHER: {"  - employer: {prefill: client.employer, autocomplete: organization}\n": "",
            "    employer:                   {$ref: 'client:employer', maxLength: 60}\n": ""},
    **{flow: {"other_info.education, other_info.occupation, other_info.employer, ": "other_info.education, other_info.occupation, "}
       for flow in (FLOW, "flows/account_opening.yaml")},
    **{f"companies/8002/{flow}": {"other_info.occupation, other_info.employer]": "other_info.occupation]"}
       for flow in (FLOW, "flows/account_opening.yaml")},
}  # fmt: skip
RENAMED: Edits = {
    FLOW: {"- form: {id: contact_phone, title": "- form: {id: tel, form: contact_phone, title",
           "reopen: [contact_phone.contact_phone]": "reopen: [tel.contact_phone]",
           "form: id_photos\n      title": "form: id_photos\n      id: pictures\n      title",
           "photos.": "pictures.",},
    "companies/8002/flows/basic_info_change.yaml": {"photos.": "pictures."},
}  # fmt: skip
NAMES = {"steps": {"contact_phone": "tel", "photos": "pictures"}}


class Change:
    """A town in which people have begun, and whose author then writes something else."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town, self.folder, self.definitions = town, folder, folder / "site" / "definitions"

    def write(self, *edits: Edits, **files: str) -> None:
        shutil.copytree(SITE / "definitions", self.definitions)
        change(self.definitions, *edits)
        for name, text in files.items():
            (self.definitions / "migrations").mkdir(exist_ok=True)
            (self.definitions / "migrations" / f"{name}.yaml").write_text(text, encoding="utf-8")
        library = Library.read(self.definitions, self.town.editions.kinds)
        assert [str(m) for m in library.mistakes if m.code != "translation"] == []
        self.town.editions.renew(library)

    @property
    def issue(self) -> Issue:
        return self.town.editions.now(*BUSINESS)

    async def classified(self) -> Classification:
        return await classify(self.town.caseload, self.issue)

    async def run(self, data: Mapping[str, Any], how: str = "apply") -> list[Outcome]:
        moves = Moves(self.town.caseload)
        return [one async for one in getattr(moves, how)(self.migration(data), "8001")]

    def migration(self, data: Mapping[str, Any]) -> Any:
        return build_migration("change", {"title": "改", "business": BUSINESS[1], **data})

    async def row(self, number: str) -> CaseRow:
        row = await self.town.store.case(number=number)
        assert row is not None
        return row


@pytest.fixture
async def changing(store: Store, clock: Any, tmp_path: Path) -> Any:
    town = open_town(store, clock, tmp_path)
    await town.plugins.start()
    yield Change(town, tmp_path)
    await town.plugins.stop()


async def at_phone(town: Town, person: str = PEOPLE[0]) -> tuple[Any, str]:
    """A client whose photos are done and who is asked for the number."""
    visit = await town.enter(person)
    number = await town.start(visit)
    await town.to_form(visit, number, "phone")
    return visit, number


async def at_papers(town: Town, person: str = PEOPLE[0]) -> tuple[Any, str]:
    """A client who has changed other information and reads the agreements."""
    visit = await town.enter(person)
    number = await town.start(visit)
    await town.to_form(visit, number, "other")
    went = await town.say(visit, number, "other_info", employer="北方样本厂", postal_code="450000", email="a@example.com")
    if isinstance(went, Look):
        warned = frozenset(rule.id for rule in went.warnings)
        went = await town.cases.answer(visit, number, "other_info", went.raw, went.case.revision, warned)
    assert isinstance(went, Elsewhere) and went.step == "agreements", went
    return visit, number


async def test_a_change_of_words_is_safe_and_is_told_with_what_differs(changing: Change) -> None:
    _, number = await at_phone(changing.town)
    old = (await changing.row(number)).edition
    changing.write(TITLE)
    told = await changing.classified()
    assert (told.verdict, told.numbers("safe")) == ("safe", (number,))
    assert [(one.what, one.path) for one in told.differences[old].changes] == [
        ("changed", "flow.steps.contact_phone.title")]  # fmt: skip
    assert (await changing.row(number)).edition == old


async def test_an_answer_that_would_be_lost_needs_a_mapping_and_a_file_that_drops_it_is_one(changing: Change) -> None:
    _, number = await at_papers(changing.town)
    changing.write(NO_EMPLOYER)
    told = await changing.classified()
    assert told.verdict == "needs_mapping"
    assert [(case.number, case.lost, case.state) for case in told.cases] == [(number, ("other_info.employer",), "open")]
    assert [one.done for one in await changing.run({})] == ["kept"]
    survey = await Moves(changing.town.caseload).survey(changing.migration({"drop": ["other_info.employer"]}), "8001")
    assert [(case.verdict, case.dropped, case.lost) for case in survey] == [("safe", ("other_info.employer",), ())]


async def test_the_migrations_of_the_site_count_when_it_is_classified(changing: Change) -> None:
    _, number = await at_papers(changing.town)
    changing.write(NO_EMPLOYER, a="title: 去掉单位\nbusiness: basic_info_change\ndrop: [other_info.employer]\n")
    told = await changing.classified()
    assert (told.verdict, told.numbers("safe")) == ("safe", (number,))


async def test_a_case_that_cannot_be_opened_any_more_is_named_and_does_not_stop_the_others(changing: Change) -> None:
    _, one = await at_phone(changing.town)
    _, two = await at_papers(changing.town, PEOPLE[1])
    await behind_the_back(changing.town.store, "UPDATE cases SET edition = ? WHERE number = ?", "0" * 64, one)
    changing.write(TITLE)
    told = await changing.classified()
    assert (told.verdict, told.numbers("breaks"), told.numbers("safe")) == ("breaks", (one,), (two,))
    assert {case.number: case.why for case in told.cases} == {one: "edition_unopened", two: ""}
    assert len(told.differences) == 1
    assert {one.number: one.done for one in await changing.run({})} == {one: "failed", two: "moved"}


async def test_cases_move_with_what_their_clients_did_and_go_on(changing: Change) -> None:
    visit, number = await at_phone(changing.town)
    photos = (await changing.row(number)).document["results"][1]["data"]
    changing.write(RENAMED)
    assert (await changing.classified()).verdict == "needs_mapping"
    assert [(one.number, one.done) for one in await changing.run(NAMES)] == [(number, "moved")]
    assert await changing.run(NAMES) == []
    row = await changing.row(number)
    assert row.edition == changing.issue.edition.hash and row.document["results"][1]["step"] == "pictures"
    assert row.document["results"][1]["data"] == photos
    look = await changing.town.cases.look(visit, number)
    assert isinstance(look, Elsewhere) and look.step == "tel"
    events = [event.kind for event in await changing.town.store.events(row.id)]
    assert events[-1] == "moved" and await changing.town.store.verify_chain(row.id) == []


async def test_photos_are_still_those_of_their_field_after_it_was_renamed(changing: Change) -> None:
    town = changing.town
    visit = await town.enter()
    number = await town.start(visit)
    await town.to_form(visit, number, "identity")
    changing.write(RENAMED)
    assert [one.done for one in await changing.run(NAMES)] == ["moved"]
    row = await changing.row(number)
    taken = [file.slot for file in await town.store.files_of(row.id) if file.slot.endswith(("id_front", "id_back"))]
    assert {slot.partition(".")[0] for slot in taken} <= {"pictures", "on_file", "client"}
    assert {"pictures.id_front", "pictures.id_back"} <= set(taken)
    went = await town.say(visit, number, "pictures", certificate_safety="true")
    assert isinstance(went, Elsewhere), went.problems
    assert [one.done for one in await changing.run(NAMES, "undo")] == ["kept"]


async def test_what_was_moved_can_be_taken_back_as_long_as_nothing_has_happened_since(changing: Change) -> None:
    town = changing.town
    visit, number = await at_phone(town)
    before = await changing.row(number)
    changing.write(RENAMED)
    assert [one.done for one in await changing.run(NAMES)] == ["moved"]
    assert [one.done for one in await changing.run(NAMES, "undo")] == ["back"]
    after = await changing.row(number)
    assert (after.document, after.drafts, after.edition, after.state) == (
        before.document, before.drafts, before.edition, before.state)  # fmt: skip
    assert await town.store.verify_chain(after.id) == []
    assert [one.done for one in await changing.run(NAMES, "undo")] == []
    # There and typed on: that is the client's now.
    assert [one.done for one in await changing.run(NAMES)] == ["moved"]
    assert await town.cases.save_draft(visit, number, "tel", {"contact_phone": ["139"]}, (await changing.row(number)).revision)
    assert [(one.done, one.why) for one in await changing.run(NAMES, "undo")] == [("kept", "gone_on")]


async def test_a_changed_text_is_signed_again_only_where_it_was_signed(changing: Change) -> None:
    town = changing.town
    visit, number = await at_papers(town)
    changing.write(TEXT)
    assert [one.done for one in await changing.run({})] == ["moved"]
    look = await town.cases.look(visit, number, "agreements")
    assert isinstance(look, Look) and look.held.edition.agreements["risk_disclosure"].number.endswith("2026-02")
    went = await town.sign(visit, number)
    assert isinstance(went, Elsewhere), went
    row = await changing.row(number)
    assert row.state == "submitted"
    # Whoever waits for the review keeps what they have signed.
    change(changing.definitions, {"agreements/risk_disclosure.yaml": {"2026-02": "2026-03", "NEWER": "NEWEST"}})
    town.editions.renew(Library.read(changing.definitions, town.editions.kinds))
    told = await changing.classified()
    assert (told.verdict, [(case.verdict, case.why) for case in told.cases]) == ("safe", [("stays", "submitted")])
    assert [one.done for one in await changing.run({"submitted": "move", "when_unclean": "restart"})] == ["kept"]
    assert await changing.row(number) == row


async def test_a_client_who_goes_on_at_that_moment_is_read_again_and_loses_nothing(changing: Change) -> None:
    town = changing.town
    visit, number = await at_phone(town)
    changing.write(TITLE)
    moves = Moves(town.caseload)
    look = moves.look
    typed: list[bool] = []

    async def slow(row: Any, to: Any, migration: Any) -> Any:
        found = await look(row, to, migration)
        if not typed:
            typed.append(True)
            went = await town.say(visit, number, "overview", edit="other")
            assert isinstance(went, Elsewhere)
        return found

    moves.look = slow  # type: ignore[method-assign]
    outcomes = [one async for one in moves.apply(changing.migration({}), "8001")]
    assert [one.done for one in outcomes] == ["moved"]
    row = await changing.row(number)
    assert row.document["results"][0]["data"] == {"section": "other"} and row.edition == changing.issue.edition.hash


# Sealed files of every language open for ever

EDITIONS = sorted((Path(__file__).parent / "editions").glob("language-*.json"))


@pytest.mark.parametrize("path", EDITIONS, ids=lambda path: path.stem)
async def test_an_edition_that_was_sealed_long_ago_opens_and_a_case_walks_it(
    path: Path, store: Store, clock: Any, tmp_path: Path
) -> None:
    bundle = json.loads(path.read_text(encoding="utf-8"))
    company, business = bundle["company"]["id"], bundle["business"]["id"]
    town = open_town(store, clock, tmp_path)
    issue = Issue(open_edition(bundle, town.editions.kinds), town.plugins)
    town.editions.written[company, business] = issue
    await store.put_edition(issue.edition.hash, company, business, bundle)
    town.editions.kept.add(issue.edition.hash)
    await town.plugins.start()
    visit = await town.enter(PEOPLE[0], company)
    number = await town.start(visit, business)
    await pictured(town, visit, number)
    went = await town.say(visit, number, "contact_phone", contact_phone="037186660000")
    assert isinstance(went, Elsewhere), went.problems
    await town.sign(visit, number)
    row = await store.case(number=number)
    assert row is not None and (row.state, row.edition) == ("submitted", issue.edition.hash)
    await town.plugins.stop()


async def pictured(town: Town, visit: Any, number: str) -> None:
    await town.say(visit, number, "overview", edit="phone")
    look = await town.cases.look(visit, number, "photos")
    assert isinstance(look, Look)
    form = look.held.edition.forms["id_photos"]
    for field in form.fields:
        if field.kind == "photo" and not look.raw.get(field.name):
            await town.album.add(visit, number, "photos", field.name, photo())
    went = await town.say(visit, number, "photos", certificate_safety="true")
    assert isinstance(went, Elsewhere), went.problems
