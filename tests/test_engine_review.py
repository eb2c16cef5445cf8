"""What the engine decides when a client signs, submits, gives up, and when people look at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from banli.engine import commands
from basic_info_flow import (
    CODE,
    FORMS,
    PHONE,
    RECORD,
    SCHEMAS,
    STEPS,
    VERIFIED,
    choose,
    pass_photos,
    sign,
    small_book,
    submitted,
)
from small_flows import Journey, Rule, Step, book, codes, course, flow, form, new_case, question

# Agreements and submitting


def test_agreements_are_opened_one_by_one_and_agreed_to_together():
    journey = choose("phone")
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    assert codes(journey.answer("agreements", agree="true")) == [("read", "read_first")]
    journey.draft("agreements", read=["contract"])
    assert [(p.code, p.params) for p in journey.answer("agreements").problems] == [
        ("read_first", {"count": 1}),
        ("agree_first", {}),
    ]
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
    steps = (
        STEPS[0],
        Step("end", "submit", "end", options={"text": "x"}),
        Step("after", "form", "x", options={"form": "basic_info"}),
    )
    journey = Journey(course(book(FORMS, steps, SCHEMAS), flow(steps)), RECORD)
    assert journey.answer("overview", edit="phone").step == "after"
    journey.answer("after", name="张三")
    assert journey.case.state == "submitted"


def test_nobody_looks_where_a_company_wants_no_review():
    """R-116 with no level of review: the change is ordered at once."""
    journey = submitted(levels=0)
    assert journey.case.state == "delivering"
    assert [(order.action.kind, order.delivery) for order in journey.last.orders] == [("directory.update", "update")]
    assert journey.case.changes == {"contact_phone": "13900139000"}


# Open, abandoned, withdrawn


def test_a_case_stands_in_the_way_of_another_until_it_has_ended():
    """R-118: open, submitted, in review, returned, approved, delivering; R-123: not once it is abandoned."""
    journey = choose("phone")
    told = [(journey.case.state, journey.case.open)]
    pass_photos(journey)
    journey.answer("contact_phone", contact_phone="0371-65951234")
    for act in (
        lambda: sign(journey),
        journey.claim,
        lambda: journey.give_back("phone_wrong"),
        lambda: journey.answer("contact_phone", contact_phone="0371-65951235"),
        lambda: sign(journey),
        journey.claim,
        journey.approve,
        lambda: journey.send(commands.Delivered(actor="system", action="update", outcome="done")),
    ):
        act()
        told.append((journey.case.state, journey.case.open))
    assert told == [
        ("open", True),
        ("submitted", True),
        ("in_review", True),
        ("returned", True),
        ("returned", True),
        ("submitted", True),
        ("in_review", True),
        ("delivering", True),
        ("done", False),
    ]
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
        ("联系电话有误", "身份证正面照片不清晰", "身份证反面照片不清晰"),
        "请重拍",
        "staff:ann",
    )
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
        "contact_phone": "done",
        "call": "done",
        "agreements": "stale",
    }
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
    asked = journey.answer("contact_phone", contact_phone="0371 6595 1234")
    assert [rule.id for rule in asked.warnings] == ["nothing_corrected"], "what came back unchanged is asked about once"
    journey.answer("contact_phone", contact_phone="0371 6595 1234", confirmed=frozenset({"nothing_corrected"}))
    assert (journey.case.state, journey.case.results["agreements"]) == ("submitted", signed)
    assert journey.case.results["contact_phone"].flags == ("nothing_corrected",)


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
    assert (journey.case.state, journey.case.approvals) == ("returned", ())
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
    assert [(order.action, order.delivery) for order in again] == [(order.action, order.delivery) for order in first]
    assert codes(journey.send(commands.Delivered(actor="staff:ann", action="update", outcome="waiting"))) == [
        ("", "not_now")
    ]
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
        "wish",
        question("wanted", {"type": "integer"}, required=True),
        refuse=(Rule("too_much", "wanted > limit.amount", "Too much.", "wanted"),),
    )
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
    steps = (
        Step("number", "form", "x"),
        Step("proof", "form", "x"),
        replace(STEPS[-1], options={"text": "x", "confirm": True}),
    )
    journey = Journey(course(book((number, proof), steps, {}), flow(steps)))
    journey.answer("number", phone="13900139000")
    asked = journey.answer("proof", code="123456")
    assert [awaited.to for awaited in asked.awaits] == ["13900139000"]
    journey.answer("proof", {"code": "ok"}, code="123456")
    journey.answer("number", phone="13900139001")
    assert journey.statuses["proof"] == "stale"
