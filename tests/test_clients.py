"""At the door: who gets in, who does not and why. On both databases."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from banli.beginnings import Elsewhere
from banli.clients import Sent
from banli.errors import Problem
from banli.hooks import Undeliverable
from door_kit import (
    BUSINESS,
    HERE,
    JI,
    MASKED,
    MOBILE,
    STRANGER,
    WU,
    YI,
    YOUNG,
    Browser,
    Visit,
    at_door,
    code,
    filled,
    inside,
    said,
    town,
)  # fmt: skip
from town import JIA, Town

__all__ = ["town"]


# in


async def test_a_client_logs_in_with_captcha_code_and_consent(town: Town) -> None:
    """R-018 to R-024, R-039: the code goes to the number on file, which the page shows masked."""
    browser = await at_door(town)
    assert await browser.send() == Sent(MASKED, 60)
    visit = await browser.log_in(sms_code=await code(town))
    assert isinstance(visit, Visit)
    assert (visit.company, visit.client, visit.ref, visit.id_number) == (
        "8001", town.clients.client_hash("8001", JIA), "800100001", JIA
    )  # fmt: skip
    assert isinstance(await town.cases.start(visit, BUSINESS), Elsewhere)


async def test_the_consent_is_kept_with_number_and_digest_of_its_text(town: Town) -> None:
    """R-023: what was agreed to can be shown for as long as the case is kept."""
    visit = await inside(town)
    number = await town.start(visit)
    held = await town.caseload.find(number=number)
    started = (await town.store.events(held.case.id))[0]
    text = held.edition.agreements["privacy_policy"]
    assert (started.kind, started.data["consents"]) == (
        "started",
        [{"at": "privacy", "agreement": "privacy_policy", "number": text.number, "digest": text.digest}],
    )
    assert (bool(text.number), len(text.digest) >= 32) == (True, True)


async def test_each_company_has_its_own_text_of_the_consent(town: Town) -> None:
    first = await inside(town)
    second = await inside(town, "8002", "13900020001")
    assert [one["digest"] for one in first.consents] != [one["digest"] for one in second.consents]


async def test_each_missing_thing_is_told_at_its_field_all_at_once(town: Town) -> None:
    """R-038"""
    browser = await at_door(town)
    visit = await browser.visit
    assert said(await town.clients.log_in(visit, BUSINESS, {}, HERE)) == [
        ("id_number", "required"), ("account_type", "required"), ("captcha", "required"), ("sms_code", "required"),
        ("privacy", "required"),
    ]  # fmt: skip
    await browser.send()
    right = {"sms_code": await code(town)}
    told = {
        name: said(await browser.log_in(**{**right, name: ""}))
        for name in ("id_number", "account_type", "captcha", "sms_code", "privacy")
    }
    assert told == {name: [(name, "required")] for name in told}
    assert said(await browser.log_in(**right)) == "Visit"


async def test_each_wrong_thing_has_its_own_sentence(town: Town) -> None:
    """R-038: and nothing that was right has to be got anew."""
    browser = await at_door(town)
    await browser.send()
    sms = await code(town)
    other = f"{(int(sms) + 1) % 1_000_000:06d}"
    tries: dict[str, dict[str, str]] = {
        "a digit mistyped": {"id_number": "410105199508130038", "sms_code": sms},
        "fifteen digits": {"id_number": "410105950813003", "sms_code": sms},
        "no such type": {"account_type": "margin", "sms_code": sms},
        "captcha misread": {"captcha": "1111", "sms_code": sms},
        "code of letters": {"sms_code": "abcdef"},
        "another code": {"sms_code": other},
        "not ticked": {"privacy": "false", "sms_code": sms},
    }
    assert {what: said(await browser.log_in(**typed)) for what, typed in tries.items()} == {
        "a digit mistyped": [("id_number", "id_checksum")],
        "fifteen digits": [("id_number", "id_fifteen_digits")],
        "no such type": [("account_type", "choice")],
        "captcha misread": [("captcha", "captcha_wrong")],
        "code of letters": [("sms_code", "pattern")],
        "another code": [("sms_code", "code_wrong")],
        "not ticked": [("privacy", "const")],
    }
    assert said(await browser.log_in(sms_code=f" {sms} ", id_number=f" {JIA} ")) == "Visit"


async def test_full_width_digits_and_a_small_x_are_read(town: Town) -> None:
    browser = await at_door(town)
    wide = JIA.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert isinstance(await browser.send(id_number=wide), Sent)
    assert said(await browser.log_in(sms_code=await code(town))) == "Visit"
    other = await at_door(town)
    assert isinstance(await other.send(id_number="11010519491231002x"), Sent)


# accounts and age


async def test_who_has_no_account_hears_so_after_the_captcha(town: Town) -> None:
    """R-029: nobody on file, on file without an account, on file at another company."""
    found = {}
    for who, company in ((STRANGER, "8001"), (JI, "8001"), (YI, "8002")):
        browser = await at_door(town, company)
        found[who] = said(await browser.send(id_number=who))
    assert found == dict.fromkeys((STRANGER, JI, YI), [("", "no_account")])
    assert await code(town) == ""


async def test_the_account_type_must_be_one_that_the_client_has(town: Town) -> None:
    """R-019, R-030: futures or asset management, of this company."""
    browser = await at_door(town)
    await browser.send(id_number=WU)
    sms = await code(town, "13900010005")
    assert said(await browser.log_in(id_number=WU, sms_code=sms, account_type="futures")) == [("", "no_account")]
    town.clock.forward(minutes=1)
    await browser.send(id_number=WU)
    sms = await code(town, "13900010005")
    assert said(await browser.log_in(id_number=WU, sms_code=sms, account_type="am")) == "Visit"


async def test_who_is_under_age_hears_so_whether_known_or_not(town: Town) -> None:
    """R-032: from the number alone, on the day itself of age, and without a message to anybody."""
    known = await at_door(town)
    assert said(await known.send(id_number=YOUNG)) == [("id_number", "under_age")]
    unknown = await at_door(town)
    assert said(await unknown.send(id_number="110101201206010019")) == [("id_number", "under_age")]
    assert said(await known.log_in(id_number=YOUNG, sms_code="123456")) == [("id_number", "under_age")]
    assert await code(town, "13900010007") == ""
    town.clock.now = town.clock.now.replace(year=2030, month=5, day=31, hour=15)
    assert said(await (await at_door(town)).send(id_number=YOUNG)) == [("id_number", "under_age")]
    town.clock.forward(hours=2)
    assert said(await (await at_door(town)).send(id_number=YOUNG)) == "Sent"


async def test_who_has_no_mobile_on_file_is_sent_to_the_company(town: Town) -> None:
    """C-36"""
    await town.plugins.directory.update("8001", "800100002", {"contact_mobile": "0371-65951234"}, {}, "k1")
    assert said(await (await at_door(town)).send(id_number=YI)) == [("sms_code", "no_mobile_on_file")]


# captcha


async def test_before_the_captcha_nobody_learns_whether_a_number_is_known(town: Town) -> None:
    """Not from the answer, and not from the time it takes: the directory is not even asked."""
    await town.plugins.directory.switch(outage=True)
    found = {}
    for who in (JIA, STRANGER, JI):
        browser = await at_door(town)
        found[who] = (
            said(await browser.send(id_number=who, captcha="1111")),
            said(await browser.log_in(id_number=who, captcha="1111", sms_code="123456")),
            said(await browser.log_in(id_number=who, sms_code="123456")),
        )
    one = ([("captcha", "captcha_wrong")], [("captcha", "captcha_wrong")], [("sms_code", "code_none")])
    assert found == dict.fromkeys((JIA, STRANGER, JI), one)
    assert said(await browser.send(id_number=JIA)) == [("captcha", "captcha_expired")]
    assert said(await (await at_door(town)).send()) == [("", "directory_unavailable")]


async def test_a_captcha_is_good_for_one_id_number(town: Town) -> None:
    """Whoever tries out numbers reads a picture for each."""
    browser = await at_door(town)
    assert said(await browser.send(id_number=STRANGER)) == [("", "no_account")]
    read = filled(await browser.visit)["captcha"][0]
    assert said(await browser.send(id_number=STRANGER)) == [("", "no_account")]
    assert said(await browser.send(id_number=JIA, captcha=read)) == [("captcha", "captcha_expired")]
    assert said(await browser.send(id_number=STRANGER, captcha=read)) == [("captcha", "captcha_expired")]
    await browser.draw()
    assert said(await browser.send(id_number=JIA)) == "Sent"


async def test_many_numbers_at_once_on_one_captcha_get_one_answer(town: Town) -> None:
    browser = await at_door(town)
    visit = await browser.visit
    numbers = [JIA, STRANGER, JI, YI, WU]
    answers = await asyncio.gather(
        *(town.clients.send_code(visit, BUSINESS, filled(visit, id_number=number), HERE) for number in numbers)
    )
    assert sorted(str(said(answer)) for answer in answers).count("[('captcha', 'captcha_expired')]") == 4


async def test_a_captcha_misread_three_times_is_void(town: Town) -> None:
    browser = await at_door(town)
    read = filled(await browser.visit)["captcha"][0]
    assert [said(await browser.send(captcha="1111")) for _ in range(3)] == [[("captcha", "captcha_wrong")]] * 3
    assert said(await browser.send(captcha=read)) == [("captcha", "captcha_expired")]
    await browser.draw()
    assert said(await browser.send(captcha=read)) == [("captcha", "captcha_wrong")]
    assert said(await browser.send()) == "Sent"


async def test_a_fresh_picture_voids_the_one_before_and_nobody_elses_helps(town: Town) -> None:
    """R-020"""
    mine, theirs = await at_door(town), await at_door(town)
    first = filled(await mine.visit)["captcha"][0]
    await mine.draw()
    assert said(await mine.send(captcha=first)) == [("captcha", "captcha_wrong")]
    assert said(await theirs.send(captcha=first)) == [("captcha", "captcha_wrong")]


async def test_the_spoken_captcha_is_the_one_in_the_picture_and_needs_one(town: Town) -> None:
    visit = await town.clients.arrive("8001")
    assert await town.clients.speak(visit, "zh_CN") is None
    browser = Browser(town, visit)
    await browser.draw()
    sound = await town.clients.speak(await browser.visit, "zh_CN")
    assert sound is not None
    assert sound.startswith(b"RIFF")


async def test_odd_answers_to_a_captcha_are_just_wrong(town: Town) -> None:
    for odd in ("ⅷⅷⅷⅷ", "\ud800000", "%00%00", "' OR 1=1", "𝟎𝟐𝟑𝟒"):
        browser = await at_door(town)
        assert [code for _, code in said(await browser.send(captcha=odd))] in ([code] for code in ("captcha_wrong", "characters"))


# codes


async def test_a_code_is_bound_to_session_number_and_purpose(town: Town) -> None:
    """R-022: read by somebody else, or sent for something else, it opens nothing."""
    mine, theirs = await at_door(town), await at_door(town)
    await mine.send()
    sms = await code(town)
    assert said(await theirs.log_in(sms_code=sms)) == [("sms_code", "code_none")]
    town.clock.forward(minutes=1)
    await theirs.draw()
    await theirs.send(id_number=YI)
    assert said(await theirs.log_in(id_number=YI, sms_code=sms)) == [("sms_code", "code_wrong")]
    visit = await mine.visit
    assert isinstance(await town.clients.send(visit, town.editions.now("8001", "basic_info_change"), "x", "8001-1|change", MOBILE), Sent)
    other = await code(town)
    assert said(await mine.log_in(sms_code=other)) == ([("sms_code", "code_wrong")] if other != sms else "Visit")
    assert said(await mine.log_in(sms_code=sms)) == "Visit"


async def test_the_code_of_one_number_does_not_log_in_another(town: Town) -> None:
    """A captcha and a code of one's own, and then somebody else's ID number."""
    browser = await at_door(town)
    await browser.send(id_number=YI)
    sms = await code(town, "13900010002")
    assert said(await browser.log_in(id_number=JIA, sms_code=sms)) == [("captcha", "captcha_expired")]
    await browser.draw()
    assert said(await browser.log_in(id_number=JIA, sms_code=sms)) == [("sms_code", "code_none")]


async def test_a_code_is_good_for_five_minutes(town: Town) -> None:
    browser = await at_door(town)
    await browser.send()
    sms = await code(town)
    town.clock.forward(minutes=5, seconds=1)
    assert said(await browser.log_in(sms_code=sms)) == [("sms_code", "code_expired")]
    await browser.send()
    sms = await code(town)
    town.clock.forward(minutes=4, seconds=59)
    assert said(await browser.log_in(sms_code=sms)) == "Visit"


async def test_five_wrong_codes_void_the_right_one(town: Town) -> None:
    browser = await at_door(town)
    await browser.send()
    sms = await code(town)
    wrong = [f"{(int(sms) + n) % 1_000_000:06d}" for n in range(1, 6)]
    assert [said(await browser.log_in(sms_code=one)) for one in wrong] == [
        *[[("sms_code", "code_wrong")]] * 4, [("sms_code", "code_used_up")],
    ]  # fmt: skip
    assert said(await browser.log_in(sms_code=sms)) == [("sms_code", "code_used_up")]


async def test_a_code_counts_once_also_for_two_clicks_at_once(town: Town) -> None:
    browser = await at_door(town)
    await browser.send()
    visit = await browser.visit
    typed = filled(visit, sms_code=await code(town))
    clicks = (town.clients.log_in(visit, BUSINESS, typed, HERE) for _ in range(2))
    answers = sorted(str(said(one)) for one in await asyncio.gather(*clicks))
    assert answers == ["Visit", "[('sms_code', 'code_none')]"]


async def test_one_code_a_minute_and_ten_a_day_go_to_a_number(town: Town) -> None:
    """From whichever session and address: nobody's phone is flooded."""
    browser = await at_door(town)
    assert await browser.send() == Sent(MASKED, 60)
    assert await browser.send() == (Problem("sms_code", "code_wait", {"seconds": 60}),)
    other = await at_door(town, address="198.51.100.7")
    town.clock.forward(seconds=20)
    assert await other.send() == (Problem("sms_code", "code_wait", {"seconds": 40}),)
    found = []
    for _ in range(10):
        town.clock.forward(minutes=21)
        found.append(said(await (await at_door(town)).send()))
    assert found == ["Sent"] * 9 + [[("sms_code", "code_capped")]]
    town.clock.forward(days=1)
    assert said(await (await at_door(town)).send()) == "Sent"


async def test_an_outage_of_the_gateway_says_so_and_costs_none_of_the_days_codes(town: Town) -> None:
    """The minute stays: a gateway in trouble gets a rest. Afterwards the client gets in."""
    await town.plugins.sms.switch(failure="refuse")
    for _ in range(12):
        browser = await at_door(town)
        assert said(await browser.send()) == [("sms_code", "code_not_sent")]
        assert said(await browser.send()) == [("sms_code", "code_wait")]
        town.clock.forward(minutes=2)
    await town.plugins.sms.switch(failure="none")
    assert said(await browser.send()) == "Sent"
    assert said(await browser.log_in(sms_code=await code(town))) == "Visit"


async def test_a_number_that_the_carrier_refuses_for_good_is_told_so(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is of no use to try again; the code of the refusal stands in the log only."""

    async def refused(phone: str, text: str, key: str = "") -> str:
        raise Undeliverable("carrier_black_list")

    monkeypatch.setattr(town.plugins.sms, "send", refused)
    with structlog.testing.capture_logs() as logs:
        assert said(await (await at_door(town)).send()) == [("sms_code", "code_undeliverable")]
    assert [(line["part"], line["code"]) for line in logs] == [("sms", "carrier_black_list")]


async def test_an_outage_of_the_directory_says_so_and_the_way_goes_on_afterwards(town: Town) -> None:
    browser = await at_door(town)
    await town.plugins.directory.switch(outage=True)
    assert said(await browser.send()) == [("", "directory_unavailable")]
    await town.plugins.directory.switch(outage=False)
    assert said(await browser.send()) == "Sent"
    await town.plugins.directory.switch(outage=True)
    assert said(await browser.log_in(sms_code=await code(town))) == [("", "directory_unavailable")]
