"""Attacks on certificate and signature through the pages themselves; those on keys, requests, points and tries alone stand in
test_certificate_keys.py, those on offers and statements in test_certificate_signing.py (R-100 to R-113, R-138 to R-150)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from phone_kit import point

from app_fixtures import BING, JIA, Phone, app_template
from banli_certificate.asking import sent
from banli_certificate.keys import text_of
from signing_kit import Pen, at_list, files
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

CALLS = ("begin", "evaluate", "enrol", "done", "prove", "offer", "signed", "forget")


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **files()) as town:
        yield town


async def at_certificate(town: Any, id_number: str = JIA) -> Pen:
    phone = await town.phone().log_in(id_number)
    await phone.post(_go="next", edit="phone")
    await phone.post(certificate_safety="true", _go="next")
    pen = Pen(await phone.post(contact_phone="0371-65951235", _go="next"))
    assert phone.step == "certificate", phone.text
    return pen


def keys_of(town: Any) -> Any:
    return next(one for one in town.parts.plugins.active if one.name == "banli_certificate").keys


async def client_of(town: Any, pen: Pen) -> str:
    return str((await town.parts.caseload.find(number=pen.phone.number)).case.client)


def code(answer: tuple[int, Any]) -> str:
    assert answer[0] == 422, answer
    return str(answer[1]["problem"]["code"])


async def test_data_that_is_swapped_after_reading_is_not_signed(town: Any) -> None:
    """In a second window, between what was shown to be signed and the signature."""
    pen = await at_list(town)
    offer, at = await pen.offer(), pen.phone.at
    await pen.phone.post(_go="back")
    await pen.phone.post(contact_phone="0371-65951236", _go="next")
    assert pen.phone.at == at
    assert code(await pen.hand_over(offer)) == "signature_outdated"
    again = await pen.offer()
    assert len(again["statements"]) == again["all"] == offer["all"], "not one of them was taken"
    assert code(await pen.hand_over({**again, "statements": offer["statements"]})) == "certificate_signature_broken"
    await pen.agree()
    assert pen.phone.status == 422


async def test_nobody_but_the_client_who_is_logged_in_calls(town: Any) -> None:
    """Without a session, without the token of the page, and as another client: no call is answered, and no try is counted."""
    pen = await at_list(town)
    stranger, other = Pen(Phone(town, town.app.test_client())), await at_certificate(town, BING)
    stranger.phone.fields = {"_csrf": pen.phone.fields["_csrf"]}
    said = {"key": pen.id, "blinded": sent(pen.key.blinded), "reason": "new_device", "signature": "", "nonce": ""}
    for name in CALLS:
        assert (await stranger.call(name, said, at=pen.phone.at))[0] in (303, 400), name
        status, told = await other.call(name, said, at=pen.phone.at)
        assert (status, isinstance(told, dict) and "said" in told) != (200, True), name
    assert code(await other.call("evaluate", said)) == "certificate_unknown"
    pen.phone.fields["_csrf"], kept = ["0" * 48], pen.phone.fields["_csrf"]
    assert {(await pen.call(name, said))[0] for name in CALLS} == {400}
    pen.phone.fields["_csrf"] = kept
    held = await keys_of(town).held(await client_of(town, pen))
    assert (held.state, held.key) == ("valid", pen.id)
    assert (await pen.said("evaluate", said))["left"] == 4, "the first try of all"


async def test_twenty_tries_at_once_through_the_page_are_five(town: Any) -> None:
    """The counter is raced by a script that has the client's session."""
    pen = await at_list(town)
    answers = await asyncio.gather(*(pen.call("evaluate", {"key": pen.id, "blinded": sent(point())}) for _ in range(20)))
    assert sorted(told["said"]["left"] for status, told in answers if status == 200) == [0, 1, 2, 3, 4]
    assert {told["problem"]["code"] for status, told in answers if status == 422} == {"certificate_locked"}


async def test_an_oversized_request_and_one_of_another_s_key_get_no_certificate(town: Any) -> None:
    """A request of 2001 bytes is not even read; a larger post does not get that far."""
    pen, thief = await at_certificate(town), Pen(Phone(town, None))
    begun = await pen.said("begin", {})
    nonce = text_of(begun, "nonce")
    large = pen.key.request() + b"\0" * 2000
    for csr, proof in (
        (large, pen.key.enrol(nonce, large)),
        (pen.key.request(), thief.key.enrol(nonce, pen.key.request())),
        (b"\x30" * 2001, b"x"),
    ):
        said = {"key": begun["key"], "csr": sent(csr), "proof": sent(proof)}
        assert code(await pen.call("enrol", said)) == "certificate_broken"
    assert (await pen.call("enrol", {"key": begun["key"], "csr": "A" * 300_000, "proof": ""}))[0] == 413
    assert (await keys_of(town).held(await client_of(town, pen))).state == "none"


async def test_who_ends_a_certificate_is_told_apart_from_who_had_none(town: Any) -> None:
    """R-146: what identified the client before the certificate ended does not count for the next one (`rests_on:
    [certificate.serial]` at the video)."""
    plugin = next(one for one in town.parts.plugins.active if one.name == "banli_certificate")
    pen = await at_certificate(town)
    client = await client_of(town, pen)
    assert (await plugin.know("8001", client))["certificate.serial"] == ""
    await pen.install()
    first = await plugin.know("8001", client)
    await pen.said("forget", {"reason": "forgotten_password"})
    ended = await plugin.know("8001", client)
    assert (first["certificate.valid"], ended["certificate.valid"], ended["certificate.state"]) == (True, False, "revoked")
    assert ended["certificate.serial"] == first["certificate.serial"] != ""
    await pen.phone.get(pen.phone.at)
    await Pen(pen.phone).install()
    assert (await plugin.know("8001", client))["certificate.serial"] not in ("", first["certificate.serial"])


async def test_the_device_s_code_is_below_20_kb_and_loads_on_its_own_pages_only(town: Any) -> None:
    """All scripts of the page together, compressed as they travel."""
    loaded: dict[str, list[str]] = {}

    def look(name: str, phone: Phone) -> None:
        loaded[name] = re.findall(r'<script[^>]+src="([^"]+)"', phone.page)

    phone = town.phone()
    look("menu", await phone.get("/8001"))
    look("login", await phone.get("/8001/business/basic_info_change"))
    look("overview", await phone.log_in())
    look("photos", await phone.post(_go="next", edit="phone"))
    look("form", await phone.post(certificate_safety="true", _go="next"))
    look("certificate", await phone.post(contact_phone="0371-65951235", _go="next"))
    look("agreements", (await Pen(phone).install()).phone)
    back = phone.at
    look("paper", await phone.get(re.findall(r'href="([^"]+/read/[^"]+)"', phone.page)[0]))
    look("mine", await phone.get("/8001/my"))
    assert phone.status == 200 and back.endswith("/agreements")
    assert [name for name, urls in loaded.items() if "certificate_" in "".join(urls)] == ["certificate", "agreements"]
    for name in ("certificate", "agreements"):
        sizes = []
        for url in loaded[name]:
            answer = await phone.client.get(url, headers={"Accept-Encoding": "gzip"})
            assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
            sizes.append(len(await answer.get_data(as_text=False)))
        assert 1_000 < sum(sizes) < 20_000, (name, sizes)
