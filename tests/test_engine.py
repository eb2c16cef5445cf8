"""What the engine decides while a client fills in a change of their basic data, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from banli.engine import commands
from basic_info_flow import RECORD, VERIFIED, begin, choose, pass_photos, sign
from small_flows import codes

# The way forward


def test_a_client_who_has_signed_in_lands_on_the_overview_of_their_data():
    """R-039"""
    journey = begin()
    assert (journey.last.step, journey.open, journey.case.state) == ("overview", ["overview"], "open")


@pytest.mark.parametrize(
    ("section", "page"), [("identity", "id_validity"), ("phone", "contact_phone"), ("other", "other_info")]
)
def test_after_the_photos_comes_the_page_of_the_group_whose_icon_was_tapped(section, page):
    """R-068, C-20: one group per application."""
    journey = choose(section)
    assert journey.current == "photos"
    journey.answer("photos", VERIFIED, id_front="new-front", id_back="new-back", signature="old-signature")
    others = {"id_validity", "contact_phone", "other_info"} - {page}
    assert journey.last.step == page
    assert {step for step, status in journey.statuses.items() if status == "skipped"} == others | {"call"}


def test_a_client_cannot_choose_a_group_that_the_flow_does_not_offer():
    """C-20"""
    journey = begin()
    for posted in ({"edit": "everything"}, {"edit": []}, {}):
        assert codes(journey.answer("overview", **posted)) == [("", "choose_group")]
    assert journey.case.results == {}


def test_nobody_reaches_a_later_page_by_its_address():
    journey = choose("phone")
    before = journey.case
    decision = journey.answer("contact_phone", VERIFIED, contact_phone="13900139000", sms_code="123456")
    assert codes(decision) == [("", "step_not_open")] and decision.case == before
    assert journey.open == ["overview", "photos"]


def test_a_step_of_a_plugin_is_not_answered_by_posting_to_it():
    journey = choose("phone", valid=False)
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    assert journey.current == "call"
    assert codes(journey.answer("call", ok="true")) == [("", "step_not_open")]
    journey.send(commands.CalledBack(actor="plugin:call", step="call", data={"ok": True}))
    assert journey.case.results["call"].data == {"ok": True}
    assert journey.current == "agreements"


def test_a_mobile_number_needs_the_code_that_was_sent_to_it():
    """R-085"""
    journey = choose("phone")
    pass_photos(journey)
    assert codes(journey.answer("contact_phone", contact_phone="139 0013 9000")) == [("sms_code", "required")]
    asked = journey.answer("contact_phone", contact_phone="139 0013 9000", sms_code="１２３４５６")
    assert [(a.at, a.kind, a.answer, a.to, a.purpose) for a in asked.awaits] == [
        ("sms_code", "otp", "123456", "13900139000", "contact_phone")
    ]
    assert not asked.events
    wrong = journey.answer("contact_phone", {"sms_code": "code_wrong"}, contact_phone="13900139000", sms_code="123456")
    assert codes(wrong) == [("sms_code", "code_wrong")] and not wrong.events
    assert codes(journey.answer("contact_phone", {}, contact_phone="13900139000", sms_code="123456")) == [
        ("sms_code", "unverified")
    ]
    journey.answer("contact_phone", {"sms_code": "ok"}, contact_phone="13900139000", sms_code="123456")
    result = journey.case.results["contact_phone"]
    assert result.data == {"contact_phone": "13900139000"}
    assert result.records == ({"kind": "otp", "at": "sms_code", "to": "13900139000"},)


def test_a_landline_needs_no_code():
    """R-086: the row of the code follows what was typed, and a code typed before is not kept."""
    journey = choose("phone")
    pass_photos(journey)
    decision = journey.answer("contact_phone", contact_phone="（0371）65951234", sms_code="12")
    assert decision.step == "agreements"
    assert journey.case.results["contact_phone"].data == {"contact_phone": "0371-65951234"}


def test_a_city_must_lie_in_the_province():
    """R-094"""
    journey = choose("other")
    pass_photos(journey)
    assert codes(journey.answer("other_info", province="310000", city="410100", bad="none")) == [("city", "within")]
    assert journey.answer("other_info", province="310000", city="310100", bad="none").step == "agreements"


def test_no_bad_record_cannot_stand_beside_a_bad_record():
    """R-098"""
    journey = choose("other")
    pass_photos(journey)
    wrong = journey.answer("other_info", province="310000", city="310100", bad=["none", "bank"])
    assert codes(wrong) == [("bad", "exclusive")]


def test_an_odd_answer_is_asked_about_once_and_marked_for_the_reviewer():
    journey = choose("other")
    pass_photos(journey)
    posted = {"province": "410000", "city": "410100", "bad": ["court"]}
    asked = journey.answer("other_info", **posted)
    assert ([rule.id for rule in asked.warnings], asked.events) == (["court"], ())
    journey.answer("other_info", confirmed=["court"], **posted)
    assert journey.case.results["other_info"].flags == ("court",)


@pytest.mark.parametrize(
    ("section", "page", "posted"),
    [
        ("phone", "contact_phone", {"contact_phone": "138-0013-8000", "sms_code": "123456"}),
        ("identity", "id_validity", {"id_validity__from": "2016/11/23", "id_validity__to": "20261201"}),
        ("other", "other_info", {"province": "410000", "city": "410100", "bad": "none"}),
    ],
)
def test_a_client_who_has_changed_nothing_does_not_get_on(section, page, posted):
    """C-21"""
    journey = choose(section)
    journey.answer("photos", VERIFIED, id_front="new-front", id_back="new-back", signature="old-signature")
    decision = journey.answer(page, VERIFIED, **posted)
    assert [(p.code, p.text) for p in decision.problems] == [("unchanged", "您未修改任何信息")]
    assert page not in journey.case.results


# Photos


def test_photos_are_those_on_file_unless_the_validity_of_the_id_card_is_changed():
    """R-059, R-061: the signature is kept; C-05: cleared on entry, and only for this application."""
    on_file = {"id_front": ["old-front"], "id_back": ["old-back"], "signature": ["old-signature"]}
    assert choose("phone").shown("photos") == on_file
    identity = choose("identity")
    assert identity.shown("photos") == {"signature": ["old-signature"]}
    assert identity.case.record == RECORD


def test_the_old_id_photos_are_no_answer_when_the_validity_is_changed():
    """R-059: neither typed by hand, nor accepted before under another icon, nor kept in a draft."""
    journey = choose("phone")
    pass_photos(journey)
    journey.draft("photos", **{name: RECORD[name] for name in ("id_front", "id_back", "signature")})
    journey.answer("overview", edit="identity")
    assert journey.statuses["photos"] == "stale"
    assert journey.shown("photos") == {"signature": ["old-signature"]}
    decision = journey.answer("photos", VERIFIED, id_front="old-front", id_back=" old-back", signature="old-signature")
    assert codes(decision) == [("id_front", "required"), ("id_back", "required")]


def test_going_back_to_the_photos_does_not_clear_the_new_ones():
    """C-06"""
    journey = choose("identity")
    journey.answer("photos", VERIFIED, id_front="new-front", id_back="new-back", signature="old-signature")
    assert journey.back("id_validity").step == "photos"
    shown = {"id_front": ["new-front"], "id_back": ["new-back"], "signature": ["old-signature"]}
    assert journey.shown("photos") == shown
    journey.back("photos", **shown)
    journey.answer("overview", edit="identity")
    assert (journey.shown("photos"), journey.current) == (shown, "id_validity")


def test_an_abandoned_application_loses_no_photo_on_file():
    """C-05"""
    journey = choose("identity")
    journey.answer("photos", VERIFIED, id_front="new-front", id_back="new-back", signature="old-signature")
    journey.send(commands.Abandon(actor="client"))
    assert (journey.case.record, journey.case.changes) == (RECORD, {})


# Back, drafts, again


def test_back_keeps_what_was_typed_and_lets_it_be_changed():
    """R-006: half a number is kept as it was typed, and the accepted answer before stays accepted."""
    journey = choose("phone")
    pass_photos(journey)
    decision = journey.back("contact_phone", contact_phone="1390013", sms_code="")
    assert (decision.step, decision.drafted, decision.events) == ("photos", True, ())
    assert journey.shown("contact_phone") == {"contact_phone": ["1390013"]}
    assert journey.back("photos", **journey.shown("photos")).step == "overview"
    assert journey.shown("overview") == {"edit": ["phone"]}
    assert journey.back("overview").step == ""
    assert (journey.current, journey.open) == ("contact_phone", ["overview", "photos", "contact_phone"])


def test_a_draft_never_overwrites_an_accepted_answer():
    """R-006"""
    journey = choose("phone")
    pass_photos(journey)
    accepted = journey.case.results
    journey.draft("photos", id_front="half-way")
    assert journey.case.results == accepted and journey.statuses["photos"] == "done"
    assert journey.shown("photos") == {"id_front": ["half-way"]}
    assert journey.case.revision == 3


def test_a_sent_code_is_not_kept_in_a_draft_nor_what_the_page_never_asked():
    journey = choose("phone")
    pass_photos(journey)
    journey.back("contact_phone", contact_phone="13900139000", sms_code="123456", csrf="x", junk="y" * 9999)
    assert journey.case.drafts == {"contact_phone": {"contact_phone": ["13900139000"]}}


def test_a_client_who_changes_their_mind_about_the_group_finds_the_first_answers_again():
    """C-20, R-006"""
    journey = choose("phone")
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    journey.answer("overview", edit="other")
    assert journey.statuses["contact_phone"] == "skipped"
    journey.answer("overview", edit="phone")
    assert journey.statuses["contact_phone"] == "done"
    assert journey.shown("contact_phone") == {"contact_phone": ["0371-65951234"]}


def test_only_what_still_applies_is_changed_on_file():
    """C-20"""
    journey = choose("phone")
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    journey.answer("overview", edit="other")
    pass_photos(journey)
    journey.answer("other_info", province="310000", city="310100", bad="none")
    sign(journey)
    assert journey.case.state == "submitted"
    assert journey.case.changes == {"province": "310000", "city": "310100"}


def test_a_client_goes_on_where_the_application_stands():
    """R-122: on another phone, tomorrow: nothing but the case is needed to find the page."""
    journey = choose("phone")
    pass_photos(journey)
    position = journey.course.position(journey.case, {"fact.valid": True}, "2026-11-24")
    assert position.current is not None and position.current.id == "contact_phone"


def test_a_second_phone_or_a_double_click_has_no_second_effect():
    journey = begin()
    command = commands.Answer(actor="client", step="overview", raw={"edit": ["phone"]}, seen=1)
    assert journey.send(command).step == "photos"
    second = journey.send(replace(command, raw={"edit": ["other"]}))
    assert codes(second) == [("", "changed_meanwhile")]
    assert (journey.case.revision, journey.case.results["overview"].data) == (2, {"section": "phone"})
