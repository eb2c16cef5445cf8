"""Agreements signed with the client's certificate: what is signed is what was shown, by who was asked, once (R-100 to R-113)."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from phone_kit import Phone as Key

from app_fixtures import BING, app_template
from banli.engine import commands
from banli.judging import place_of
from banli.signing import Showing, planned
from banli.statements import canonical
from signing_kit import SITE, Pen, at_list, files
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

ENTERED = "@data"


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **files()) as town:
        yield town


async def held_of(pen: Pen) -> Any:
    held = await pen.phone.town.parts.caseload.find(number=pen.phone.number)
    assert held is not None
    return held


async def result_of(pen: Pen) -> dict[str, Any]:
    return dict((await held_of(pen)).case.results["agreements"].data)


def plugin_of(town: Any) -> Any:
    return next(one for one in town.parts.plugins.active if one.name == "banli_certificate")


def code(answer: tuple[int, Any]) -> str:
    assert answer[0] == 422, answer
    return str(answer[1]["problem"]["code"])


async def test_the_number_of_pages_stays_when_the_certificate_is_there(town: Any) -> None:
    """The step is not asked any more, and is counted as done: for who has just installed it, and for who had it before."""
    phone = await town.phone().log_in()
    seen = [phone.text]
    for answer in ({"edit": "phone"}, {"certificate_safety": "true"}, {"contact_phone": "0371-65951235"}):
        seen.append((await phone.post(_go="next", **answer)).text)
    seen.append((await Pen(phone).install()).phone.text)
    counted = [re.findall("第.步，共.步", text)[0] for text in seen]
    assert counted == [f"第{nth}步，共6步" for nth in range(1, 6)]
    await phone.get(f"/8001/cases/{phone.number}/overview")
    assert "第1步，共6步" in phone.text


async def test_every_text_and_the_entries_are_signed_and_can_be_checked(town: Any) -> None:
    """R-101, R-111 to R-113: the result is all that a court needs beside the chain: what was signed, by which certificate, when."""
    pen = await at_list(town)
    assert pen.phone.step == "agreements" and 'id="signing"' in pen.phone.page
    offer = await pen.sign()
    rows = [one["row"] for one in offer["statements"]]
    assert offer["all"] == len(rows) and rows[-1] == ENTERED and len(set(rows)) == len(rows) > 2
    await pen.agree()
    held = await held_of(pen)
    assert held.case.state == "submitted", pen.phone.text
    data = held.case.results["agreements"].data
    assert sorted(one["row"] for one in data["signatures"]) == sorted(rows)
    authority = plugin_of(town).authority
    for one in data["signatures"]:
        entry = await plugin_of(town)._ledger().get("certificate", one["serial"])
        certificate = x509.load_der_x509_certificate(b64decode(entry.document["certificate"]))
        public = certificate.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(b64decode(one["signature"]), one["statement"].encode(), ec.ECDSA(hashes.SHA256()))
        said = json.loads(one["statement"])
        assert canonical(said).decode() == one["statement"], "there is one form only"
        assert (said["case"], said["client"], said["company"]) == (held.case.number, held.case.client, "8001")
        assert (said["nonce"], said["row"], said["edition"]) == (offer["nonce"], one["row"], held.case.edition)
        assert (await authority.status(one["serial"])).state == "good" and one["key"] == pen.id and one["at"]
    entered = next(json.loads(one["statement"]) for one in data["signatures"] if one["row"] == ENTERED)
    assert entered["changes"] == {"contact_phone": "0371-65951235"}
    texts = {one["id"]: one["number"] for one in data["agreements"]}
    assert {json.loads(o["statement"])["row"]: json.loads(o["statement"])["number"] for o in data["signatures"][1:]} == texts
    told = [one for one in held.case.results["agreements"].records if one["kind"] == "signature"]
    assert {one["at"] for one in told} == set(rows)
    ledger = plugin_of(town)._ledger()
    assert [*await ledger.of("offer", held.case.id), *await ledger.of("signature", held.case.id)] == []


async def test_a_tick_alone_is_no_signature(town: Any) -> None:
    """R-112"""
    pen = await at_list(town)
    await pen.agree()
    assert pen.phone.status == 422 and "尚未全部签署" in pen.phone.text
    assert pen.phone.fields["agree"] == ["true"], "what was ticked is kept"
    offer = await pen.offer()
    some = {**offer, "statements": offer["statements"][:-1]}
    assert (await pen.hand_over(some))[0] == 200
    await pen.agree()
    assert pen.phone.status == 422 and (await held_of(pen)).case.state == "open"


async def test_signing_that_was_interrupted_goes_on_where_it_was(town: Any) -> None:
    pen = await at_list(town)
    offer = await pen.offer()
    some = {**offer, "statements": offer["statements"][:2]}
    assert (await pen.hand_over(some))[0] == 200
    assert (await pen.hand_over(some))[0] == 200, "an answer that was lost: the same comes again"
    await pen.phone.get(pen.phone.at)
    assert f"已签署 2 份，还需签署 {offer['all'] - 2} 份" in pen.phone.text
    rest = await pen.offer()
    assert [one["row"] for one in rest["statements"]] == [one["row"] for one in offer["statements"][2:]]
    await pen.hand_over(rest)
    again = await pen.offer()
    assert again["statements"] == [] and again["all"] == offer["all"]
    await pen.phone.get(pen.phone.at)
    assert "已全部签署" in pen.phone.text
    await pen.agree()
    assert (await held_of(pen)).case.state == "submitted"


async def test_the_signature_of_another_client_s_key_is_refused(town: Any) -> None:
    pen = await at_list(town)
    offer = await pen.offer()
    assert code(await pen.hand_over(offer, Key())) == "certificate_signature_broken"
    other = await at_list(town, BING)
    assert code(await pen.hand_over(offer, other.key)) == "certificate_signature_broken"
    theirs = await other.offer()
    assert code(await pen.hand_over(theirs)) == "certificate_offer_over", "an offer is its own client's"
    mine = {"nonce": offer["nonce"], "signatures": pen.signatures(offer)}
    assert code(await other.call("signed", mine)) == "certificate_offer_over"
    assert (await other.call("signed", mine, at=pen.phone.at))[0] == 404
    await pen.agree()
    assert pen.phone.status == 422


async def test_a_nonce_of_an_offer_serves_once_and_for_fifteen_minutes(town: Any) -> None:
    pen = await at_list(town)
    first = await pen.offer()
    second = await pen.offer()
    assert first["nonce"] != second["nonce"]
    assert code(await pen.hand_over(first)) == "certificate_offer_over", "a newer one was made"
    crossed = {**second, "statements": first["statements"]}
    assert code(await pen.hand_over(crossed)) == "certificate_signature_broken", "signed under another nonce"
    town.clock.forward(minutes=15, seconds=1)
    assert code(await pen.hand_over(second)) == "certificate_offer_over"
    third = await pen.offer()
    town.clock.forward(minutes=14)
    assert (await pen.hand_over(third))[0] == 200
    town.clock.forward(minutes=20)
    await pen.phone.get(pen.phone.at)
    await pen.agree()
    assert (await held_of(pen)).case.state == "submitted", "what was signed in time holds"
    kept = {one["row"]: one["signature"] for one in (await result_of(pen))["signatures"]}
    assert len(kept) == third["all"]


async def test_a_clock_that_was_set_back_opens_nothing(town: Any) -> None:
    pen = await at_list(town)
    offer = await pen.offer()
    town.clock.forward(minutes=-3)
    assert code(await pen.hand_over(offer)) == "certificate_offer_over"


async def test_a_nonce_that_is_used_again_changes_nothing(town: Any) -> None:
    pen = await at_list(town)
    offer = await pen.offer()
    await pen.hand_over(offer)
    ledger, case = plugin_of(town)._ledger(), (await held_of(pen)).case.id
    before = {entry.document["row"]: entry.document["signature"] for entry in await ledger.of("signature", case)}
    await pen.hand_over(offer)
    assert {e.document["row"]: e.document["signature"] for e in await ledger.of("signature", case)} == before


async def test_a_replayed_signature_is_worth_nothing_in_another_case(town: Any) -> None:
    """Replayed after use, and carried into the next case of the same client."""
    pen = await at_list(town)
    offer = await pen.sign()
    old = {"nonce": offer["nonce"], "signatures": pen.signatures(offer)}
    number = pen.phone.number
    await pen.agree()
    await town.decide(number, lambda seen: commands.Reject(actor="staff:r1", reasons=("false_material",)))
    town.clock.forward(minutes=2)
    again = await at_list(town)
    assert again.phone.number != number
    again.key, again.id = pen.key, pen.id
    assert code(await again.call("signed", old)) == "certificate_offer_over"
    mine = await again.offer()
    assert code(await again.call("signed", {**old, "nonce": mine["nonce"]})) == "certificate_signature_broken"
    await again.agree()
    assert again.phone.status == 422 and (await held_of(again)).case.state == "open"


async def test_a_swapped_document_is_not_what_was_signed(town: Any) -> None:
    """Before the signature arrives, and after."""
    pen = await at_list(town)
    offer = await pen.offer()
    edition = (await held_of(pen)).edition
    listed, texts = edition.lists["basic_info_change"], dict(edition.agreements)
    name = listed.items[0].agreement
    swapped = {**texts, name: replace(texts[name], text=texts[name].text + "\n\n另有约定。")}
    object.__setattr__(edition, "agreements", swapped)
    assert code(await pen.hand_over(offer)) == "signature_outdated"
    object.__setattr__(edition, "agreements", texts)
    assert (await pen.hand_over(offer))[0] == 200
    object.__setattr__(edition, "agreements", swapped)
    await pen.agree()
    assert pen.phone.status == 422 and (await held_of(pen)).case.state == "open"
    assert [one["row"] for one in (await pen.offer())["statements"]] == [listed.items[0].id]


async def test_data_that_changed_after_signing_is_signed_anew_and_nothing_else(town: Any) -> None:
    """R-112: the signature over the entries is void, those over the texts hold."""
    pen = await at_list(town)
    offer = await pen.sign()
    await pen.phone.post(agree="true", _go="back")
    assert pen.phone.step == "contact_phone"
    await pen.phone.post(contact_phone="0371-65951236", _go="next")
    assert pen.phone.step == "agreements"
    await pen.agree()
    assert pen.phone.status == 422, "the old signature is over the old number"
    again = await pen.offer()
    assert [one["row"] for one in again["statements"]] == [ENTERED]
    old = next(one for one in offer["statements"] if one["row"] == ENTERED)
    assert code(await pen.hand_over({**again, "statements": [old]})) == "certificate_signature_broken"
    await pen.hand_over(again)
    await pen.agree()
    assert (await held_of(pen)).case.state == "submitted"
    entered = next(json.loads(o["statement"]) for o in (await result_of(pen))["signatures"] if o["row"] == ENTERED)
    assert entered["changes"] == {"contact_phone": "0371-65951236"}


async def test_after_a_return_only_what_became_void_is_signed(town: Any) -> None:
    pen = await at_list(town)
    offer = await pen.sign()
    number = pen.phone.number
    await pen.agree()
    before = {one["row"]: one for one in (await result_of(pen))["signatures"]}
    await town.decide(number, lambda seen: commands.Return(actor="staff:r1", reasons=("phone_wrong",)))
    await pen.phone.get(f"/8001/cases/{number}")
    await pen.phone.post(contact_phone="0371-65951237", _go="next")
    assert pen.phone.step == "agreements"
    assert f"此前签署仍然有效 {offer['all'] - 1} 份，本次只需签署有变化的 1 份" in pen.phone.text
    assert [one["row"] for one in (await pen.sign())["statements"]] == [ENTERED]
    await pen.agree()
    after = {one["row"]: one for one in (await result_of(pen))["signatures"]}
    assert after.keys() == before.keys() and [row for row in after if after[row] != before[row]] == [ENTERED]


async def test_a_reviewer_who_wants_the_agreements_signed_again_gets_all_of_them(town: Any) -> None:
    pen = await at_list(town)
    offer = await pen.sign()
    number = pen.phone.number
    await pen.agree()
    before = {one["row"]: one["signature"] for one in (await result_of(pen))["signatures"]}
    await town.decide(number, lambda seen: commands.Return(actor="staff:r1", reasons=("agreements_again",)))
    await pen.phone.get(f"/8001/cases/{number}")
    await pen.agree()
    assert pen.phone.status == 422
    again = await pen.sign()
    assert len(again["statements"]) == offer["all"]
    await pen.phone.post(agree="true", _go="next", _confirm="nothing_corrected")
    after = {one["row"]: one["signature"] for one in (await result_of(pen))["signatures"]}
    assert (await held_of(pen)).case.state == "submitted" and not set(before.values()) & set(after.values())


async def test_a_certificate_that_staff_have_revoked_signs_nothing_any_more(town: Any) -> None:
    """R-109: on to a new one, with what was read and ticked; what was signed with the old one is not taken."""
    pen = await at_list(town)
    offer = await pen.sign()
    await pen.phone.post(agree="true", _go="refresh")
    keys = plugin_of(town).keys
    client = (await held_of(pen)).case.client
    await keys.forget(client, "staff")
    at = pen.phone.at
    status, told = await pen.call("offer", {})
    assert status == 200 and "/certificate" in told["next"]
    await pen.agree()
    assert pen.phone.step == "certificate" and "已失效" in pen.phone.text and (await held_of(pen)).case.state == "open"
    new = Pen(pen.phone)
    await new.install()
    assert new.phone.at == at and new.phone.fields["agree"] == ["true"] and "已读 0" not in new.phone.text
    await new.agree()
    assert new.phone.status == 422, "signatures of the revoked key count no more"
    assert len((await new.offer())["statements"]) == offer["all"]
    await new.sign()
    await new.agree()
    assert (await held_of(new)).case.state == "submitted"
    assert {one["key"] for one in (await result_of(new))["signatures"]} == {new.id}


async def test_a_certificate_that_was_revoked_at_the_authority_alone_signs_nothing(town: Any) -> None:
    """Between two looks: the list of the authority counts, not what the phone or the ledger of keys believes."""
    pen = await at_list(town)
    offer = await pen.offer()
    plugin = plugin_of(town)
    held = await plugin.keys.held((await held_of(pen)).case.client)
    signer = town.parts.plugins.signers["certificate"]
    case = await held_of(pen)
    standing = case.position.step("agreements")
    await plugin.authority.revoke(held.serial, "staff")
    papers = planned(case, standing, Showing("zh_CN", lambda text: text.text)).open
    place = place_of(case, standing)
    assert await signer.judge(place, papers) == "certificate_was_revoked"
    reply = await signer.call(place, papers, "signed", {"nonce": offer["nonce"], "signatures": pen.signatures(offer)})
    assert reply.problem.code == "certificate_was_revoked"
    reply = await signer.call(place, papers, "offer", {})
    assert reply.problem.code == "certificate_was_revoked"
    assert await town.parts.cases.signing.judge(case, standing, place, None) == "signature_missing", (
        "nothing is signed that nobody shows"
    )


async def test_an_expired_certificate_is_like_none(opened: Open) -> None:
    site = SITE.replace("{name: 样本}", "{name: 样本, days: 1, warn_days: 0}")
    async with opened("test", None, **files(site)) as town:
        pen = await at_list(town)
        await pen.sign()
        at = pen.phone.at
        town.clock.forward(days=1, minutes=1)
        later = town.phone()
        await later.log_in()
        await later.get(at)
        assert later.step == "certificate" and "已到期" in later.text, later.text
        new = Pen(later)
        await new.install()
        assert later.step == "agreements"
        await new.agree()
        assert later.status == 422
        await new.sign()
        await new.agree()
        assert (await held_of(new)).case.state == "submitted"


@pytest.mark.parametrize("reason", ["forgotten_password", "new_device"])
async def test_a_client_can_end_a_certificate_and_comes_back_with_a_new_one(town: Any, reason: str) -> None:
    """R-109, R-146, R-147"""
    pen = await at_list(town)
    serial = (await plugin_of(town).keys.held((await held_of(pen)).case.client)).serial
    await pen.phone.post(agree="true", _go="refresh")
    at = pen.phone.at
    assert await pen.said("forget", {"reason": reason}) == {}
    standing = await plugin_of(town).authority.status(serial)
    assert (standing.state, standing.reason) == ("revoked", reason)
    await pen.phone.get(at)
    assert pen.phone.step == "certificate"
    new = await Pen(pen.phone).install()
    assert new.phone.fields["agree"] == ["true"]
    await new.sign()
    await new.agree()
    assert (await held_of(new)).case.state == "submitted"


async def test_only_a_client_s_own_reasons_end_a_certificate(town: Any) -> None:
    pen = await at_list(town)
    for said in ({}, {"reason": "staff"}, {"reason": ["new_device"]}, {"reason": None}):
        assert (await pen.call("forget", said))[0] == 404
    assert (await plugin_of(town).keys.held((await held_of(pen)).case.client)).state == "valid"


async def test_what_is_garbled_or_too_large_gets_a_sentence_and_changes_nothing(town: Any) -> None:
    pen = await at_list(town)
    offer = await pen.offer()
    good = pen.signatures(offer)
    row = good[0]["row"]
    for signatures in (
        None, "x", 7, {}, [None], ["x"], [[]], [{}], [{"row": row}], [{"row": row, "signature": 7}],
        [{"row": row, "signature": "!!!"}], [{"row": row, "signature": "A" * 5000}], [{"row": {"x": 1}, "signature": "AA"}],
        [{"row": "nothing", "signature": good[0]["signature"]}], [{**good[0], "row": good[1]["row"]}], good * 60,
        [*good[:-1], {**good[-1], "signature": good[0]["signature"]}],
    ):  # fmt: skip
        assert (
            code(await pen.call("signed", {"nonce": offer["nonce"], "signatures": signatures})) == "certificate_signature_broken"
        )
    for nonce in (None, "", 7, [], "x" * 4000, offer["nonce"] + "0", offer["nonce"][:-1], offer["nonce"].upper() + "x"):
        assert code(await pen.call("signed", {"nonce": nonce, "signatures": good})) == "certificate_offer_over"
    assert (await pen.call("signed", {"nonce": "x" * 300_000}))[0] == 413
    assert (await pen.call("signed", []))[0] == 400 and (await pen.call("enrol", {}))[0] == 404
    assert len((await pen.offer())["statements"]) == offer["all"], "not one of them was taken"
