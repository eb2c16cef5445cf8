"""What the engine decides for one client's change of basic data, sentence by sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from small_flows import (
    Action,
    AgreementList,
    Journey,
    Listed,
    Option,
    Reason,
    Review,
    Rule,
    SmallBook,
    Step,
    agreement,
    book,
    codes,
    course,
    flow,
    form,
    new_case,
    question,
)

from banli.engine import Course, Decision, commands
from banli.expressions import Type

PHOTO = {"type": "string", "contentMediaType": "image/*", "maxLength": 100}
RANGE = {
    "type": "object",
    "required": ["from", "to"],
    "additionalProperties": False,
    "properties": {"from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"}, "long_term": {"type": "boolean"}},
}
PHONE = {"type": "string", "format": "cn-phone"}
CODE = {"type": "string", "pattern": r"^\d{6}$"}
PROVINCE = {"type": "string", "enum": ["410000", "310000"]}
CITY = {"type": "string", "enum": ["410100", "310100"]}
BAD = {"type": "array", "items": {"enum": ["none", "bank", "court"]}, "minItems": 1}

RECORD = {
    "name": "张三", "id_front": "old-front", "id_back": "old-back", "signature": "old-signature", "contact_phone": "13800138000",
    "id_validity": {"from": "2016-11-23", "to": "2026-12-01"}, "province": "410000", "city": "410100", "bad": ["none"],
}  # fmt: skip
SCHEMAS = {
    "name": {"type": "string"}, "id_front": PHOTO, "id_back": PHOTO, "signature": PHOTO, "contact_phone": PHONE,
    "id_validity": RANGE, "province": PROVINCE, "city": CITY, "bad": BAD,
}  # fmt: skip

UNCHANGED = (Rule("unchanged", "!changed", "您未修改任何信息"),)
FORMS = (
    form("basic_info", question("name", SCHEMAS["name"], prefill="client.name")),
    form(
        "photos",
        question("id_front", PHOTO, required=True, prefill="client.id_front"),
        question("id_back", PHOTO, required=True, prefill="client.id_back"),
        question("signature", PHOTO, required=True, prefill="client.signature"),
    ),
    form(
        "id_validity",
        question("id_validity", RANGE, required=True, prefill="client.id_validity", options={"long_term": "2099-12-31"}),
        refuse=UNCHANGED,
    ),
    form(
        "contact_phone",
        question("contact_phone", PHONE, required=True, prefill="client.contact_phone"),
        question(
            "sms_code", CODE, kind="otp", required=True, when='phone_kind(contact_phone) == "mobile"',
            options={"to": "contact_phone", "purpose": "contact_phone"},
        ),
        refuse=UNCHANGED,
    ),
    form(
        "other_info",
        question("province", PROVINCE, required=True, prefill="client.province"),
        question(
            "city", CITY, required=True, prefill="client.city", options={"within": "province"},
            choices=(Option("410100", "郑州市", "410000"), Option("310100", "市辖区", "310000")),
        ),
        question(
            "bad", BAD, required=True, prefill="client.bad",
            choices=(Option("none", "无", exclusive=True), Option("bank", "银行"), Option("court", "法院")),
        ),
        refuse=UNCHANGED,
        warn=(Rule("court", '"court" in bad', "请核对"),),
    ),
)  # fmt: skip
STEPS = (
    Step("overview", "overview", "基本信息资料", options={"form": "basic_info", "edit": ["identity", "phone", "other"], "as": "section"}),
    Step("photos", "photos", "上传照片", options={"clear": {"fields": ["id_front", "id_back"], "when": 'section == "identity"'}}),
    Step("id_validity", "form", "身份证有效期修改", when='section == "identity"'),
    Step("contact_phone", "form", "联系电话修改", when='section == "phone"'),
    Step("other_info", "form", "其他信息修改", when='section == "other"'),
    Step("call", "call", "视频认证", when="!fact.valid", rests_on=()),
    Step("agreements", "agreements", "签署协议", options={"list": "change"}),
    Step("submit", "submit", "申请提交", options={"text": "您的业务已成功提交，正在等待复核"}),
)
REASONS = (
    Reason("front_unclear", "身份证正面照片不清晰", {"photos": ("id_front",)}),
    Reason("back_unclear", "身份证反面照片不清晰", {"photos": ("id_back",)}),
    Reason("phone_wrong", "联系电话有误", {"contact_phone": ("contact_phone",)}),
    Reason("again", "协议需要重新签署", {"agreements": ()}),
    Reason("validity_wrong", "身份证有效期有误", {"id_validity": ("id_validity",)}),
    Reason("call_again", "视频需要重做", {"call": ()}),
)
REJECT = (Reason("not_the_holder", "非本人办理", {}),)
UPDATE = (Action("update", "directory.update", {"fields": "changed"}),)
VERIFIED = {"sms_code": "ok", "id_front": "ok", "id_back": "ok", "signature": "ok"}


def small_book(text: str = "Contract, first text.") -> SmallBook:
    rows = (Listed("contract", "contract"), Listed("risk", "risk"))
    return book(
        FORMS, STEPS, SCHEMAS, agreements=(agreement("contract", text=text), agreement("risk")),
        lists=(AgreementList("change", "协议", rows),), facts={"fact.valid": Type("bool", nullable=False)},
    )  # fmt: skip


def basic_info(levels: int = 1, confirm: bool = False) -> Course:
    steps = (*STEPS[:-1], replace(STEPS[-1], options={**STEPS[-1].options, "confirm": confirm}))
    return course(small_book(), flow(steps, Review(levels, REASONS, REJECT), UPDATE))


def begin(levels: int = 1, confirm: bool = False, valid: bool = True) -> Journey:
    return Journey(basic_info(levels, confirm), RECORD, {"fact.valid": valid})


def choose(section: str, **more: bool) -> Journey:
    """A client who has tapped one of the three edit icons."""
    journey = begin(**more)  # type: ignore[arg-type]
    journey.answer("overview", edit=section)
    return journey


def pass_photos(journey: Journey) -> Decision:
    return journey.answer("photos", VERIFIED, **{name: journey.shown("photos")[name] for name in ("id_front", "id_back", "signature")})


def sign(journey: Journey) -> Decision:
    journey.draft("agreements", read=["contract"])
    journey.draft("agreements", read=["risk"])
    return journey.answer("agreements", agree="true")


def submitted(phone: str = "13900139000", **more: bool) -> Journey:
    """A client who has changed their phone number and waits for the review."""
    journey = choose("phone", **more)
    pass_photos(journey)
    journey.answer("contact_phone", VERIFIED, contact_phone=phone, sms_code="123456")
    sign(journey)
    return journey


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
    assert codes(journey.answer("contact_phone", {}, contact_phone="13900139000", sms_code="123456")) == [("sms_code", "unverified")]
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


# Agreements and submitting


def test_agreements_are_opened_one_by_one_and_agreed_to_together():
    journey = choose("phone")
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    assert codes(journey.answer("agreements", agree="true")) == [("read", "read_first")]
    journey.draft("agreements", read=["contract"])
    assert [(p.code, p.params) for p in journey.answer("agreements").problems] == [("read_first", {"count": 1}), ("agree_first", {})]
    journey.back("agreements", agree="true")
    assert journey.shown("agreements") == {"read": ["contract"]}
    journey.draft("agreements", read=["risk", "unknown"])
    assert journey.shown("agreements") == {"read": ["contract", "risk"]}


def test_with_the_last_agreement_the_application_is_submitted():
    """R-112"""
    journey = submitted("0371-65951234")
    assert [event.kind for event in journey.last.events] == ["answered", "answered", "submitted"]
    assert (journey.last.step, journey.open, journey.current) == ("", [], "")


def test_an_answer_can_be_asked_to_be_confirmed_before_it_is_submitted():
    """R-112"""
    journey = submitted(confirm=True)
    assert (journey.case.state, journey.current) == ("open", "submit")
    journey.submit()
    assert journey.case.state == "submitted"
    assert codes(journey.submit()) == [("", "not_now")]


def test_a_plugin_cannot_confirm_for_the_client():
    journey = submitted(confirm=True)
    decision = journey.send(commands.CalledBack(actor="plugin:call", step="submit"))
    assert codes(decision) == [("", "step_not_open")] and journey.case.state == "open"


def test_submitted_waits_for_the_review_and_changes_nothing_on_file():
    """R-114 to R-116: the page after it has the text of the last step; the record is as before and nothing is ordered."""
    journey = submitted("139 0013 9000")
    assert journey.case.state == "submitted" and journey.case.submitted_at == journey.now
    assert journey.case.record == RECORD and journey.last.orders == ()
    assert journey.case.changes == {"contact_phone": "13900139000"}
    assert journey.course.flow.steps[-1].options["text"] == "您的业务已成功提交，正在等待复核"


def test_a_half_finished_application_cannot_be_submitted():
    journey = choose("phone")
    assert codes(journey.submit()) == [("", "not_finished")]


def test_a_step_behind_the_end_is_still_asked():
    steps = (STEPS[0], Step("end", "submit", "end", options={"text": "x"}), Step("after", "form", "x", options={"form": "basic_info"}))
    journey = Journey(course(book(FORMS, steps, SCHEMAS), flow(steps)), RECORD)
    assert journey.answer("overview", edit="phone").step == "after"
    journey.answer("after", name="张三")
    assert journey.case.state == "submitted"


def test_nobody_looks_where_a_company_wants_no_review():
    """R-116 with no level of review: the change is ordered at once."""
    journey = submitted(levels=0)
    assert journey.case.state == "delivering"
    assert [(order.action.kind, order.payload["changes"]) for order in journey.last.orders] == [
        ("directory.update", {"contact_phone": "13900139000"})
    ]


# Open, abandoned, withdrawn


def test_a_case_stands_in_the_way_of_another_until_it_has_ended():
    """R-118: open, submitted, in review, returned, approved, delivering; R-123: not once it is abandoned."""
    journey = choose("phone")
    told = [(journey.case.state, journey.case.open)]
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    for act in (
        lambda: sign(journey), journey.claim, lambda: journey.give_back("phone_wrong"),
        lambda: journey.answer("contact_phone", contact_phone="0371-65951235"), lambda: sign(journey), journey.claim, journey.approve,
        lambda: journey.send(commands.Delivered(actor="system", action="update", outcome="done")),
    ):  # fmt: skip
        act()
        told.append((journey.case.state, journey.case.open))
    assert told == [
        ("open", True), ("submitted", True), ("in_review", True), ("returned", True), ("returned", True), ("submitted", True),
        ("in_review", True), ("delivering", True), ("done", False),
    ]  # fmt: skip
    assert not new_case().open


@pytest.mark.parametrize("how_far", ["open", "submitted", "returned"])
def test_an_application_can_be_abandoned_until_a_reviewer_has_taken_it(how_far):
    """R-123, C-22"""
    journey = choose("phone") if how_far == "open" else submitted()
    if how_far == "returned":
        journey.claim()
        journey.give_back("phone_wrong")
    assert journey.case.state == how_far
    journey.send(commands.Abandon(actor="client"))
    assert (journey.case.state, journey.case.open, journey.case.drafts) == ("abandoned", False, {})
    assert codes(journey.send(commands.Abandon(actor="client"))) == [("", "ended_already")]


def test_an_application_that_a_reviewer_has_taken_is_not_abandoned():
    """C-22: nor one that the first of two reviewers has approved."""
    journey = submitted(levels=2)
    journey.claim()
    assert codes(journey.send(commands.Abandon(actor="client"))) == [("", "taken_by_reviewer")]
    journey.approve()
    assert journey.case.state == "submitted"
    assert codes(journey.send(commands.Abandon(actor="client"))) == [("", "taken_by_reviewer")]
    assert codes(journey.send(commands.Withdraw(actor="client"))) == [("", "taken_by_reviewer")]


def test_a_client_can_take_an_application_back_and_change_any_page():
    journey = submitted("0371-65951234")
    journey.send(commands.Withdraw(actor="client"))
    assert (journey.case.state, journey.case.submitted_at) == ("open", None)
    assert journey.open == ["overview", "photos", "contact_phone", "agreements", "submit"]
    assert journey.shown("contact_phone") == {"contact_phone": ["0371-65951234"]}
    journey.answer("contact_phone", contact_phone="0371-65951235")
    assert (journey.case.state, journey.current) == ("open", "agreements")


# Review


def test_a_returned_client_finds_themselves_on_exactly_the_wrong_page():
    """R-122, C-30: several reasons, the earliest page first, the others on the way; what is right stays closed."""
    journey = submitted("0371-65951234")
    journey.claim()
    decision = journey.give_back("phone_wrong", "front_unclear", "back_unclear", remark="请重拍")
    assert (journey.case.state, decision.step) == ("returned", "photos")
    assert journey.case.reopened == {"contact_phone": ("contact_phone",), "photos": ("id_front", "id_back")}
    said = journey.case.returned
    assert said is not None and (said.texts, said.remark, said.by) == (
        ("联系电话有误", "身份证正面照片不清晰", "身份证反面照片不清晰"), "请重拍", "staff:ann"
    )  # fmt: skip
    assert journey.shown("photos") == {"signature": ["old-signature"]}
    assert journey.open == ["photos"]
    journey.answer("photos", VERIFIED, id_front="new-front", id_back="new-back", signature="old-signature")
    assert (journey.current, journey.open) == ("contact_phone", ["photos", "contact_phone"])
    assert journey.shown("contact_phone") == {"contact_phone": ["0371-65951234"]}
    assert codes(journey.answer("overview", edit="other")) == [("", "step_not_open")]


def test_agreements_are_signed_again_when_data_have_changed_after_signing():
    """C-31: the signature binds what was signed; the video call only where the reason says so."""
    journey = choose("phone", valid=False)
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    journey.send(commands.CalledBack(actor="plugin:call", step="call", data={"ok": True}))
    sign(journey)
    journey.claim()
    journey.give_back("phone_wrong")
    journey.answer("contact_phone", contact_phone="0371-65951235")
    assert journey.case.state == "returned"
    assert {s: journey.statuses[s] for s in ("contact_phone", "call", "agreements")} == {
        "contact_phone": "done", "call": "done", "agreements": "stale",
    }  # fmt: skip
    assert journey.open == ["contact_phone", "agreements"]
    journey.answer("agreements", agree="true")
    assert journey.case.state == "submitted"
    journey.claim()
    assert journey.give_back("call_again").step == "call"


def test_agreements_hold_when_the_page_is_answered_as_before():
    """C-31: if nothing has changed after signing, nothing is signed again."""
    journey = submitted("0371-65951234")
    signed = journey.case.results["agreements"]
    journey.claim()
    journey.give_back("phone_wrong")
    journey.answer("contact_phone", contact_phone="0371 6595 1234")
    assert (journey.case.state, journey.case.results["agreements"]) == ("submitted", signed)


def test_a_changed_text_has_to_be_read_and_signed_again():
    """C-31"""
    journey = submitted("0371-65951234")
    journey.send(commands.Withdraw(actor="client"))
    journey.course = course(small_book("Contract, second text."), journey.course.flow)
    assert (journey.current, journey.shown("agreements")) == ("agreements", {"read": ["risk"]})
    assert codes(journey.answer("agreements", agree="true")) == [("read", "read_first")]


def test_a_return_needs_a_known_reason_that_reopens_something():
    """C-30"""
    journey = submitted("0371-65951234")
    journey.claim()
    for reasons in ((), ("nonsense",), ("phone_wrong", "nonsense")):
        assert codes(journey.give_back(*reasons)) == [("", "choose_reason")]
    assert codes(journey.give_back("validity_wrong")) == [("", "reopens_nothing")]
    assert journey.case.state == "in_review"


def test_only_the_reviewer_who_holds_the_case_decides_on_it():
    journey = submitted()
    assert codes(journey.approve()) == [("", "not_in_review")]
    journey.claim("staff:ann", minutes=30)
    assert codes(journey.claim("staff:bob")) == [("", "claimed_by_other")]
    assert codes(journey.approve("staff:bob")) == [("", "claimed_by_other")]
    journey.now += timedelta(minutes=40)
    journey.claim("staff:bob")
    assert [event.kind for event in journey.last.events] == ["released", "claimed"]
    assert codes(journey.approve("staff:ann")) == [("", "claimed_by_other")]


def test_two_levels_are_two_different_people():
    journey = submitted(levels=2)
    journey.claim("staff:ann")
    journey.approve("staff:ann")
    assert (journey.case.state, journey.case.approvals, journey.last.orders) == ("submitted", ("staff:ann",), ())
    assert codes(journey.claim("staff:ann")) == [("", "four_eyes")]
    journey.claim("staff:bob")
    journey.approve("staff:bob")
    assert (journey.case.state, journey.case.approvals) == ("delivering", ("staff:ann", "staff:bob"))


def test_a_corrected_application_is_looked_at_by_two_people_again():
    journey = submitted("0371-65951234", levels=2)
    journey.claim("staff:ann")
    journey.approve("staff:ann")
    journey.claim("staff:bob")
    journey.give_back("again", who="staff:bob")
    journey.answer("agreements", agree="true")
    assert (journey.case.state, journey.case.approvals) == ("submitted", ())


def test_a_rejected_application_has_ended():
    journey = submitted()
    journey.claim()
    assert codes(journey.send(commands.Reject(actor="staff:ann", reasons=("phone_wrong",)))) == [("", "choose_reason")]
    journey.send(commands.Reject(actor="staff:ann", reasons=("not_the_holder",)))
    assert (journey.case.state, journey.case.open, journey.last.orders) == ("rejected", False, ())
    assert journey.case.rejected is not None and journey.case.rejected.texts == ("非本人办理",)


def test_a_change_is_done_when_it_is_delivered_and_a_failure_is_tried_again():
    """R-116"""
    journey = submitted()
    journey.claim()
    first = journey.approve().orders
    journey.send(commands.Delivered(actor="system", action="update", outcome="failed:outage"))
    assert (journey.case.state, journey.case.deliveries) == ("delivering", {"update": "failed:outage"})
    again = journey.send(commands.Delivered(actor="staff:ann", action="update", outcome="waiting")).orders
    assert [(order.action, order.payload) for order in again] == [(order.action, order.payload) for order in first]
    assert codes(journey.send(commands.Delivered(actor="staff:ann", action="update", outcome="waiting"))) == [("", "not_now")]
    journey.send(commands.Delivered(actor="system", action="update", outcome="done"))
    assert (journey.case.state, journey.case.open) == ("done", False)


def test_a_case_nobody_goes_on_with_expires_but_not_while_it_is_reviewed():
    journey = submitted()
    assert codes(journey.send(commands.Expire(actor="system"))) == [("", "not_now")]
    journey.send(commands.Withdraw(actor="client"))
    journey.send(commands.Expire(actor="system"))
    assert (journey.case.state, journey.case.open) == ("expired", False)


def test_an_answer_is_asked_again_when_a_rule_of_its_page_rested_on_another_answer():
    limit = form("limit", question("amount", {"type": "integer"}, required=True))
    wish = form(
        "wish", question("wanted", {"type": "integer"}, required=True),
        refuse=(Rule("too_much", "wanted > limit.amount", "Too much.", "wanted"),),
    )  # fmt: skip
    steps = (Step("limit", "form", "limit"), Step("wish", "form", "wish"), STEPS[-1])
    end = replace(STEPS[-1], options={"text": "x", "confirm": True})
    journey = Journey(course(book((limit, wish), steps, {}), flow((*steps[:2], end))))
    journey.answer("limit", amount="10")
    journey.answer("wish", wanted="10")
    journey.answer("limit", amount="5")
    assert (journey.current, journey.statuses["wish"]) == ("wish", "stale")
    assert codes(journey.answer("wish", wanted="10")) == [("wanted", "too_much")]


def test_a_code_sent_to_a_number_of_an_earlier_page_counts_for_that_number_only():
    number = form("number", question("phone", PHONE, required=True))
    proof = form("proof", question("code", CODE, kind="otp", required=True, options={"to": "number.phone"}))
    steps = (Step("number", "form", "x"), Step("proof", "form", "x"), replace(STEPS[-1], options={"text": "x", "confirm": True}))
    journey = Journey(course(book((number, proof), steps, {}), flow(steps)))
    journey.answer("number", phone="13900139000")
    asked = journey.answer("proof", code="123456")
    assert [awaited.to for awaited in asked.awaits] == ["13900139000"]
    journey.answer("proof", {"code": "ok"}, code="123456")
    journey.answer("number", phone="13900139001")
    assert journey.statuses["proof"] == "stale"
