"""The simulated core system: what a company, its clients and a newcomer find in it."""

from __future__ import annotations

import asyncio
import io
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from PIL import Image
from plugin_kit import DEFINITIONS, NOW, catalogue, environment_of, home_at, messages_of, render

from banli import china
from banli.errors import DefinitionError
from banli.hooks import Directory, Errand, Outcome, Person, Picture, Unavailable
from banli.testing import KnownClient, check_directory
from banli.updating import DirectoryUpdate
from banli_directory import DirectoryPlugin, Effect, Simulator
from banli_directory.samples import OWN, read_samples

JIA = "410105199508130039"
PHOTO = Picture(b"\xff\xd8\xff a new photo", "image/jpeg")


@asynccontextmanager
async def started(folder: Path, **options: Any) -> AsyncIterator[DirectoryPlugin]:
    plugin = DirectoryPlugin({"system": "simulator", **options}, home_at(folder))
    await plugin.start()
    try:
        yield plugin
    finally:
        await plugin.stop()


async def jia(simulator: Simulator, company: str = "8001") -> Person:
    person = await simulator.find(company, JIA)
    assert person is not None
    return person


def errand(changes: dict[str, Any], key: str = "case-1/update", **more: Any) -> Errand:
    given = {"record": {"id_number": JIA, "ref": "800100001"}, "options": {"fields": "changed"}, **more}
    return Errand(company="8001", case="1", number="8001-1", key=key, changes=changes, **given)


def only(effects: list[Effect]) -> Effect:
    assert len(effects) == 1
    return effects[0]


async def test_the_simulator_keeps_what_the_platform_relies_on(tmp_path: Path) -> None:
    client = KnownClient(
        "8001", JIA, {"employer": ("样本一公司", "样本二公司"), "email": ("a@example.com", None)}, "id_front"
    )
    async with started(tmp_path) as plugin:
        await check_directory(plugin.directory(), client)


async def test_a_directory_that_forgets_its_keys_does_not_pass(tmp_path: Path) -> None:
    class Forgetful:
        def __init__(self, inner: Directory) -> None:
            self.find, self.picture, self._inner, self._count = inner.find, inner.picture, inner, 0

        async def update(self, company: str, ref: str, changes: Any, pictures: Any, key: str) -> Outcome:
            self._count += 1
            return await self._inner.update(company, ref, changes, pictures, f"{key}-{self._count}")

    async with started(tmp_path) as plugin:
        with pytest.raises(AssertionError, match="A repeated key must not have a second effect"):
            await check_directory(Forgetful(plugin.simulator), KnownClient("8001", JIA, {"employer": ("甲", "乙")}))


async def test_a_directory_that_holds_up_everybody_does_not_pass(tmp_path: Path) -> None:
    class Blocking:
        def __init__(self, inner: Directory) -> None:
            self.picture, self.update, self._inner = inner.picture, inner.update, inner

        async def find(self, company: str, id_number: str) -> Person | None:
            time.sleep(1)
            return await self._inner.find(company, id_number)

    async with started(tmp_path) as plugin:
        with pytest.raises(AssertionError, match="held up everything else"):
            await check_directory(Blocking(plugin.simulator), KnownClient("8001", JIA, {"employer": ("甲", "乙")}))


async def test_the_failing_twin_never_answers(tmp_path: Path) -> None:
    async with started(tmp_path, system="failing") as plugin:
        directory = plugin.directory()
        with pytest.raises(Unavailable, match="out_of_service"):
            await directory.find("8001", JIA)
        with pytest.raises(Unavailable, match="out_of_service"):
            await directory.picture("8001", "800100001", "id_front")
        with pytest.raises(Unavailable, match="out_of_service"):
            await DirectoryUpdate(plugin.directory()).run(errand({"employer": "新单位"}))
        assert await plugin.check() == "The directory is set to fail (system: failing)."


async def test_an_approved_change_arrives_once_however_often_it_is_sent(tmp_path: Path) -> None:
    async with started(tmp_path) as plugin:
        update, simulator = DirectoryUpdate(plugin.directory()), plugin.simulator
        sent = errand({"employer": "新单位", "email": None}, pictures={"id_front": PHOTO})
        before = await jia(simulator)
        outcomes = await asyncio.gather(*(update.run(sent) for _ in range(5)))
        assert outcomes == [Outcome(Outcome.DONE)] * 5
        after = await jia(simulator)
        photo = after.record["id_front"]
        assert photo != before.record["id_front"]
        expected = {**before.record, "employer": "新单位", "id_front": photo}
        del expected["email"]
        assert after.record == expected
        assert await simulator.picture("8001", after.ref, "id_front") == PHOTO
        assert only(await simulator.effects()) == Effect(
            at=NOW.isoformat(timespec="seconds"),
            company="8001",
            ref=after.ref,
            key="case-1/update",
            changes={"employer": "新单位", "email": None, "id_front": photo},
            before={"employer": "样本物业服务有限公司", "email": "jia@example.com", "id_front": before.record["id_front"]},
            pictures=("id_front",),
        )
        assert (await jia(simulator, "8002")).record["employer"] == "样本贸易有限公司"


async def test_what_a_newcomer_asks_for_further_is_done_for_the_client_whom_their_case_has_brought(tmp_path: Path) -> None:
    """And whoever else comes with the same ID number gets nothing of it."""
    cards = [{"bank": "icbc", "number": "6222021700000000012"}]
    told = {"name": "样本新", "id_number": "110101199003070038"}

    def asks(case: str, kind: str, item: str = "") -> Errand:
        key = f"{case}:{kind}[{item}]" if item else f"{case}:{kind}"
        return Errand("8001", case, case, key, told, {"cards": cards}, {"request": kind}, item=item)

    async with started(tmp_path) as plugin:
        request, simulator = plugin.actions()[0], plugin.simulator
        unknown, done = Outcome(Outcome.REFUSED, "client_unknown"), Outcome(Outcome.DONE)
        assert await request.run(asks("8001-1", "open_code", "shfe")) == unknown
        for _ in range(2):
            assert await request.run(asks("8001-1", "create")) == done
            assert await request.run(asks("8001-1", "open_code", "shfe")) == done
            assert await request.run(asks("8001-1", "open_code", "dce")) == done
        person = await simulator.find("8001", told["id_number"])
        assert person is not None and person.accounts == ("futures",)
        assert (await simulator.account("8001", person.ref) or {})["codes"] == ["shfe", "dce"]
        assert [{**card, "id": ""} for card in person.record["cards"]] == [{**cards[0], "id": ""}]
        assert all(card["id"] for card in person.record["cards"])
        assert await request.run(asks("8001-11", "create")) == Outcome(Outcome.REFUSED, "client_exists")
        assert await request.run(asks("8001-11", "open_code", "gfex")) == unknown
        assert (await simulator.account("8001", person.ref) or {})["codes"] == ["shfe", "dce"]


async def test_a_lost_answer_is_no_lost_change(tmp_path: Path) -> None:
    async with started(tmp_path) as plugin:
        update, simulator = DirectoryUpdate(plugin.directory()), plugin.simulator
        await simulator.switch(lose_next=True)
        with pytest.raises(Unavailable, match="timeout"):
            await update.run(errand({"employer": "新单位"}))
        assert await update.run(errand({"employer": "新单位"})) == Outcome(Outcome.DONE)
        assert only(await simulator.effects()).changes == {"employer": "新单位"}


async def test_an_answer_that_takes_too_long_counts_as_none(tmp_path: Path) -> None:
    async with started(tmp_path, timeout=30) as plugin:
        simulator, ref = plugin.simulator, "800100001"
        await simulator.switch(latency=(60, 60))
        before = time.monotonic()
        with pytest.raises(Unavailable, match="timeout"):
            await simulator.find("8001", JIA)
        assert time.monotonic() - before >= 0.03
        with pytest.raises(Unavailable, match="timeout"):
            await simulator.update("8001", ref, {"employer": "新单位"}, {}, "slow")
        await simulator.switch(latency=(1, 5))
        assert (await jia(simulator)).record["employer"] == "新单位"
        assert await simulator.update("8001", ref, {"employer": "新单位"}, {}, "slow") == Outcome(Outcome.DONE)
        assert only(await simulator.effects()).key == "slow"


async def test_an_outage_ends_when_it_is_switched_off_elsewhere(tmp_path: Path) -> None:
    async with started(tmp_path) as here, started(tmp_path) as elsewhere:
        await elsewhere.simulator.switch(outage=True)
        with pytest.raises(Unavailable, match="out_of_service"):
            await here.simulator.find("8001", JIA)
        with pytest.raises(Unavailable, match="out_of_service"):
            await DirectoryUpdate(here.directory()).run(errand({"employer": "新单位"}))
        await elsewhere.simulator.switch(outage=False)
        assert await DirectoryUpdate(here.directory()).run(errand({"employer": "新单位"})) == Outcome(Outcome.DONE)
        assert only(await elsewhere.simulator.effects()).changes == {"employer": "新单位"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1, Outcome(Outcome.LATER, "process_running")),
        (2, Outcome(Outcome.REFUSED, "data_check_failed")),
        (3, Outcome(Outcome.REFUSED, "real_name_check_failed")),
        (4, Outcome(Outcome.REFUSED, "other_error")),
    ],
)
async def test_the_next_change_is_refused_and_can_be_sent_again(tmp_path: Path, code: int, expected: Outcome) -> None:
    """domain.md 3.13: the return codes of the central account system."""
    async with started(tmp_path) as plugin:
        update, simulator = DirectoryUpdate(plugin.directory()), plugin.simulator
        await simulator.switch(refuse_next=code)
        assert await update.run(errand({"employer": "新单位"})) == expected
        assert await simulator.effects() == []
        assert (await jia(simulator)).record["employer"] == "样本物业服务有限公司"
        assert await update.run(errand({"employer": "新单位"})) == Outcome(Outcome.DONE)
        assert only(await simulator.effects()).changes == {"employer": "新单位"}


@pytest.mark.parametrize(
    ("changes", "pictures", "code"),
    [
        ({"name": "样本乙"}, {}, "real_name_check_failed"),
        ({"id_number": "410105199508130020"}, {}, "real_name_check_failed"),
        ({"employeer": "新单位"}, {}, "data_check_failed"),
        ({"id_front": "case-file-7"}, {}, "data_check_failed"),
        ({}, {"employer": PHOTO}, "data_check_failed"),
        ({}, {"id_front": Picture(b"", "image/jpeg")}, "data_check_failed"),
        ({}, {"id_front": Picture(b"%PDF", "application/pdf")}, "data_check_failed"),
    ],
)
async def test_what_a_core_system_would_not_take_is_refused(
    tmp_path: Path, changes: dict[str, Any], pictures: dict[str, Picture], code: str
) -> None:
    """domain.md 3.13: name and ID number are changed only after the identity was checked again."""
    async with started(tmp_path) as plugin:
        before = await jia(plugin.simulator)
        assert await DirectoryUpdate(plugin.directory()).run(errand(changes, pictures=pictures)) == Outcome(Outcome.REFUSED, code)
        assert await jia(plugin.simulator) == before
        assert await plugin.simulator.effects() == []


async def test_a_key_cannot_be_used_for_another_change(tmp_path: Path) -> None:
    async with started(tmp_path) as plugin:
        update = DirectoryUpdate(plugin.directory())
        assert await update.run(errand({"employer": "新单位"})) == Outcome(Outcome.DONE)
        assert await update.run(errand({"employer": "别的单位"})) == Outcome(Outcome.REFUSED, "key_reused")
        assert (await jia(plugin.simulator)).record["employer"] == "新单位"


async def test_the_action_changes_only_what_the_flow_names(tmp_path: Path) -> None:
    async with started(tmp_path) as plugin:
        update = DirectoryUpdate(plugin.directory())
        sent = errand(
            {"employer": "新单位", "email": "new@example.com"}, options={"fields": ["email"]}, pictures={"id_front": PHOTO}
        )
        assert await update.run(sent) == Outcome(Outcome.DONE)
        assert only(await plugin.simulator.effects()).changes == {"email": "new@example.com"}
        nothing = errand({"employer": "新单位"}, key="case-2/update", options={"fields": ["email"]})
        assert await update.run(nothing) == Outcome(Outcome.DONE)
        stranger = errand({"employer": "新单位"}, key="case-3/update", record={"id_number": "11010119000101000X", "ref": "1"})
        assert await update.run(stranger) == Outcome(Outcome.REFUSED, "client_unknown")
        newcomer = errand({"employer": "新单位"}, key="case-4/update", record={"id_number": JIA})
        assert await update.run(newcomer) == Outcome(Outcome.REFUSED, "client_unknown")
        assert len(await plugin.simulator.effects()) == 1


def test_a_killed_process_leaves_whole_changes_only(tmp_path: Path) -> None:
    """Killed five times at different moments, each key has no effect or one, and the record holds the last of them."""
    code = """
import asyncio, sys
from pathlib import Path
from plugin_kit import home_at
from banli_directory import DirectoryPlugin

async def main():
    plugin = DirectoryPlugin({"system": "simulator"}, home_at(Path(sys.argv[1])))
    await plugin.start()
    number = 0
    while True:
        number += 1
        key = f"{sys.argv[2]}-{number}"
        await plugin.simulator.update("8001", "800100001", {"employer": f"company {key}"}, {}, key)
        print(number, flush=True)

asyncio.run(main())
"""
    told = 0
    for turn in range(5):
        arguments = [sys.executable, "-c", code, str(tmp_path), str(turn)]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment_of("tests/plugins"))
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.013 * turn)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
        process.wait()
        process.stdout.close()
        told += 1 + len([line for line in rest if line.isdigit()])
    book = sqlite3.connect(tmp_path / "core.db")
    effects = book.execute("SELECT key, json_extract(changes, '$.employer') FROM effects ORDER BY id").fetchall()
    keys = book.execute("SELECT count(*) FROM keys WHERE state = 'done'").fetchone()[0]
    employer = book.execute("SELECT json_extract(record, '$.employer') FROM clients WHERE ref = '800100001'").fetchone()[0]
    book.close()
    assert len({key for key, _ in effects}) == len(effects) == keys
    # What was told as done is done; the kill may have fallen between an effect and its answer.
    assert told <= len(effects) <= told + 5
    assert employer == effects[-1][1]


async def test_a_second_start_is_quick_and_keeps_every_change(tmp_path: Path) -> None:
    async with started(tmp_path) as plugin:
        await DirectoryUpdate(plugin.directory()).run(errand({"employer": "新单位"}))
        first = await plugin.simulator.clients()
    before = time.process_time()
    async with started(tmp_path) as plugin:
        assert time.process_time() - before < 0.5
        assert await plugin.simulator.clients() == first
        assert (await jia(plugin.simulator)).record["employer"] == "新单位"


async def test_changed_samples_are_loaded_but_do_not_undo_what_clients_changed(tmp_path: Path) -> None:
    def sample(ref: str, number: str, employer: str) -> dict[str, Any]:
        return {"ref": ref, "record": {"name": "样本", "id_number": number, "employer": employer}}

    def write(*clients: dict[str, Any]) -> None:
        file.write_text(yaml.safe_dump({"companies": {"8001": {"defaults": {}, "clients": list(clients)}}}), "utf-8")

    file = tmp_path / "samples.yaml"
    write(sample("1", JIA, "a"), sample("2", "410105199508130020", "a"), sample("3", "410101199508130033", "a"))
    async with started(tmp_path, samples=str(file)) as plugin:
        await plugin.simulator.update("8001", "1", {"employer": "changed"}, {}, "k")
    write(sample("1", JIA, "b"), sample("2", "410105199508130020", "b"))
    async with started(tmp_path, samples=str(file)) as plugin:
        listed = [(client.ref, client.record["employer"], client.changed) for client in await plugin.simulator.clients()]
        assert listed == [("1", "changed", True), ("2", "b", False)]
        await plugin.simulator.restore("8001", "1")
        assert [client.record["employer"] for client in await plugin.simulator.clients()] == ["a", "b"]


async def test_photos_on_file_can_be_shown_and_say_that_they_are_samples(tmp_path: Path) -> None:
    """R-057: the photos uploaded at account opening."""
    async with started(tmp_path) as plugin:
        simulator = plugin.simulator
        for name in ("id_front", "id_back", "signature", "portrait"):
            picture = await simulator.picture("8002", "QH-0001", name)
            assert picture is not None
            assert picture.media_type == "image/jpeg"
            assert len(picture.content) < 200_000
            with Image.open(io.BytesIO(picture.content)) as image:
                assert min(image.size) >= 400
            assert await simulator.picture("8002", "QH-0001", name) == picture
        assert await simulator.picture("8002", "QH-0008", "portrait") is None
        assert await simulator.picture("8001", "800100001", "portrait") is None
        assert await simulator.picture("8001", "800100001", "name") is None
        assert await simulator.picture("8001", "nobody", "id_front") is None


async def test_it_serves_no_real_clients_unless_told_so(tmp_path: Path) -> None:
    real = DirectoryPlugin({"system": "simulator"}, home_at(tmp_path, demo=False))
    with pytest.raises(DefinitionError) as refused:
        await real.start()
    assert str(refused.value) == (
        "definitions/site.yaml: not-for-production: 'banli_directory' only simulates a core system. "
        "List a plugin that reaches the company's own one, or set allow_in_production: true."
    )
    assert "must not serve real clients" in await real.check()
    allowed = DirectoryPlugin({"system": "simulator", "allow_in_production": True}, home_at(tmp_path, demo=False))
    await allowed.start()
    assert await allowed.check() == ""
    await allowed.stop()


async def test_an_unknown_switch_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    async with started(tmp_path) as plugin:
        with pytest.raises(ValueError, match="There is no switch 'speed'"):
            await plugin.simulator.switch(speed=3)
        with pytest.raises(ValueError, match="shortest and longest"):
            await plugin.simulator.switch(latency=(50, 10))


async def test_a_newcomer_switches_it_and_watches_a_change_arrive(tmp_path: Path) -> None:
    async with started(tmp_path) as plugin:
        behaviour, record = plugin.pages()
        assert behaviour.change is not None
        assert record.change is None
        assert "还没有送达的修改" in await render(plugin, "", language="zh_CN")
        assert await behaviour.change({"latency_from": "5", "latency_to": "2"}) == {"said": "wrong"}
        assert await behaviour.change({"latency_from": "x"}) == {"said": "wrong"}
        posted = {"latency_from": "1", "latency_to": "2", "outage": "1", "refuse_next": "3", "lose_next": "1"}
        assert await behaviour.change(posted) == {"said": "switched"}
        now = await plugin.simulator.switches()
        assert (now.latency, now.outage, now.refuse_next, now.lose_next) == ((1, 2), True, 3, True)
        await behaviour.change({})
        await DirectoryUpdate(plugin.directory()).run(errand({"employer": "<b>新单位"}))
        shown = await render(plugin, "", {"said": "switched"})
        for words in (JIA, "13900010001", "资料齐全", "case-1/update", "employer", "from now on"):
            assert words in shown
        who = {"company": "8001", "ref": "800100001"}
        client = await render(plugin, "client", who)
        assert "&lt;b&gt;新单位" in client
        assert "<b>" not in client
        assert await behaviour.change(who) == {"said": "restored"}
        assert (await jia(plugin.simulator)).record["employer"] == "样本物业服务有限公司"
        assert "There is no such client" in await render(plugin, "client", {"ref": "800100001"})
        assert await behaviour.change({"company": "8001", "ref": "nobody"}) == {"said": "restored"}
        assert "as it was at first" in await render(plugin, "", {"said": "restored"})


def test_a_newcomer_is_told_who_can_log_in(tmp_path: Path) -> None:
    lines = DirectoryPlugin({"system": "simulator"}, home_at(tmp_path)).sample_lines()
    assert len(lines) == len(read_samples(OWN))
    assert lines[0] == f"{JIA}  8001  资料齐全，期货账户和资管账户都有"


def test_every_word_of_the_pages_is_there_in_both_languages() -> None:
    assert messages_of("banli_directory") - catalogue("banli_directory", "zh_CN").keys() == set()
    assert {sample.about for sample in read_samples(OWN)} == catalogue("banli_directory", "en").keys()


def test_the_settings_are_a_json_schema() -> None:
    schema = {"type": "object", "properties": DirectoryPlugin.options, "required": list(DirectoryPlugin.required)}
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator({**schema, "additionalProperties": False})
    assert judge.is_valid({"system": "simulator", "latency": [10, 50], "timeout": 2000})
    assert not judge.is_valid({"system": "simulator", "latency": [-1, 50]})
    assert not judge.is_valid({"latency": [0, 0]})


class TestSamples:
    """The sample clients are what the definitions allow, but for those that are there to show the contrary."""

    samples = {(sample.company, sample.ref): sample for sample in read_samples(OWN)}
    odd = ("8001", "800100008")

    def test_each_is_marked_as_a_sample_and_has_a_right_id_number(self) -> None:
        for sample in self.samples.values():
            assert sample.record["name"].startswith("样本")
            assert isinstance(china.read_id_number(sample.record["id_number"], NOW.date()), china.IdNumber)

    def test_codes_stand_in_their_dictionaries(self) -> None:
        known = yaml.safe_load((DEFINITIONS / "client.yaml").read_text("utf-8"))["schema"]["properties"]
        for sample in self.samples.values():
            assert sample.record.keys() <= known.keys()
            for name, value in sample.record.items():
                listed = known[name].get("$ref") or known[name].get("items", {}).get("$ref", "")
                if listed.startswith("dictionary:"):
                    codes = self._codes(listed.removeprefix("dictionary:"))
                    assert set(value if isinstance(value, list) else [value]) <= codes.keys(), (sample.ref, name)
            assert self._codes("city")[sample.record["contact_city"]] == sample.record["contact_province"]

    def test_numbers_and_terms_are_right_save_for_the_manuals_own(self) -> None:
        """C-32: validators judge what is edited, never what is on file."""
        for place, sample in self.samples.items():
            record = sample.record
            phones = [china.read_phone(record[name]) for name in ("contact_phone", "contact_mobile")]
            fits = china.postal_fits(record["postal_code"], record["contact_province"])
            assert isinstance(phones[1], china.Phone)
            assert phones[1].kind == "mobile"
            if place == self.odd:
                assert (phones[0], fits, record["name"]) == ("phone_segment", False, "样本0033")
                continue
            assert isinstance(phones[0], china.Phone)
            assert fits
            assert self._term_fits(record), sample.ref

    def test_there_is_one_for_every_case_that_login_must_tell_apart(self) -> None:
        """R-029, R-030, R-032, C-17, C-32 and the branches of both companies."""
        today = NOW.date()
        for company in ("8001", "8002"):
            of_company = [sample for sample in self.samples.values() if sample.company == company]
            ages = [_age(sample.record, today) for sample in of_company]
            assert len(of_company) >= 8
            assert {tuple(sample.record["accounts"]) for sample in of_company} == {
                ("futures", "am"),
                ("futures",),
                ("am",),
                (),
            }
            assert sum(age < 18 for age in ages) == 1
            assert any(age >= 46 for age in ages)
            assert any(sample.record["id_validity"]["to"] < today.isoformat() for sample in of_company)
            assert any(sample.record["id_validity"]["to"] == "2099-12-31" for sample in of_company)
            assert any(sample.record["contact_phone"].startswith("0") for sample in of_company)
            branches = yaml.safe_load((DEFINITIONS / f"companies/{company}/company.yaml").read_text("utf-8"))["branches"]
            assert {sample.record["branch"] for sample in of_company} == branches.keys()

    @staticmethod
    @cache
    def _codes(dictionary: str) -> dict[str, str]:
        listed = yaml.safe_load((DEFINITIONS / f"dictionaries/{dictionary}.yaml").read_text("utf-8"))
        return {str(item["code"]): str(item.get("parent", "")) for item in listed["items"]}

    @staticmethod
    def _term_fits(record: dict[str, Any]) -> bool:
        term, number = record["id_validity"], china.parse_id_number(record["id_number"])
        assert isinstance(number, china.IdNumber)
        age = china.age_on(number.birth, date.fromisoformat(term["from"]))
        years = int(term["to"][:4]) - int(term["from"][:4])
        if term["long_term"]:
            return age >= 46 and term["to"] == "2099-12-31"
        return years == (5 if age < 16 else 10 if age < 26 else 20) and term["from"][4:] == term["to"][4:]


def _age(record: dict[str, Any], today: date) -> int:
    number = china.parse_id_number(record["id_number"])
    assert isinstance(number, china.IdNumber)
    return china.age_on(number.birth, today)
