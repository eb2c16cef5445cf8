"""An open case and another edition: what a client has done is kept, and whatever cannot be is named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banli.engine import Case, Course, apply, commands, from_document, to_document
from banli.engine.case import CLIENTS_TURN
from banli.engine.moving import Again, Lost, Moving, move
from banli.engine.routes import Route
from random_flows import ON_FILE, courses, raws, right
from small_flows import (
    TODAY,
    AgreementList,
    Form,
    Journey,
    Listed,
    Reason,
    Review,
    Rule,
    Step,
    agreement,
    book,
    course,
    flow,
    form,
    question,
)

TEXT = {"type": "string", "maxLength": 20}
WAY = {"type": "string", "enum": ["x", "y"]}
PHONE = form("phone", question("number", TEXT, required=True), question("why", TEXT))
WORK = form("work", question("employer", TEXT, required=True), question("way", WAY))
SIGN = Step("sign", "agreements", "Sign", options={"list": "papers"})
END = Step("submit", "submit", "End", options={"text": "Thanks."})
REASONS = Review(1, (Reason("number_wrong", "Wrong.", {"phone": ("number", "why")}),))


def made(
    *forms: Form, steps: Iterable[Step] | None = None, text: str = "", rows: Iterable[str] = ("contract",), **more: Any
) -> Course:
    """A flow over these forms in their order, then a signature, then the end."""
    own = tuple(steps) if steps is not None else (*(Step(one.id, "form", one.id) for one in forms), SIGN, END)
    papers = AgreementList("papers", "papers", tuple(Listed(row, row) for row in rows))
    texts = (agreement("contract", text=text), agreement("risk"))
    return course(book(forms, own, {}, agreements=texts, lists=(papers,)), flow(own, more.get("review", REASONS)))


def walked(the_course: Course, submit: bool = True) -> Journey:
    """A client who has given their number and their work, and signed."""
    journey = Journey(the_course)
    journey.answer("phone", number="13900139000", why="new")
    journey.answer("work", employer="Smith", way="x")
    if submit:
        sign(journey)
    return journey


def sign(journey: Journey) -> None:
    rows = [row.id for row in journey.course.book.lists["papers"].items]
    journey.draft("sign", read=rows)
    journey.answer("sign", agree="true")


def moved(journey: Journey, new: Course, route: Route = Route(), unclean: str = "restart") -> Moving:
    """The journey goes on with the new course; what came of moving it is given back."""
    told = replace(route, unclean=unclean)  # type: ignore[arg-type]
    outcome = move(journey.case, journey.course, new, "e2", told, journey.facts, TODAY)
    command = commands.Move(actor="system", edition="e2", to=new, route=told, migration="m")
    decision = journey.send(command)
    if decision.events:
        assert journey.case == replace(outcome.case, updated_at=journey.now, revision=journey.case.revision)
        journey.course = new
    return outcome


def open_journey() -> tuple[Course, Journey]:
    """A client with all but the signature done."""
    old = made(PHONE, WORK)
    return old, walked(old, submit=False)


def signed_journey(confirm: bool = True) -> Journey:
    """A client who has signed and not yet submitted."""
    end = replace(END, options={**END.options, "confirm": confirm})
    old = made(PHONE, WORK, steps=[Step("phone", "form", "p"), Step("work", "form", "w"), SIGN, end])
    return walked(old)


def confirming(*forms: Form, **more: Any) -> Course:
    end = replace(END, options={**END.options, "confirm": True})
    return made(*forms, steps=[*(Step(one.id, "form", one.id[:1]) for one in forms), SIGN, end], **more)


def test_a_client_who_has_signed_does_not_notice_a_new_title_or_a_longer_limit() -> None:
    journey = signed_journey()
    wider = form("phone", question("number", {**TEXT, "maxLength": 40}, required=True, title="Phone"), question("why", TEXT))
    outcome = moved(journey, confirming(wider, WORK))
    assert (outcome.outcome, outcome.kept, outcome.lost, outcome.again) == ("safe", ("phone", "work", "sign"), (), ())
    assert journey.current == "submit" and journey.case.edition == "e2"


def test_an_answer_that_no_longer_fits_is_asked_again_with_what_was_typed() -> None:
    journey = signed_journey()
    shorter = form("phone", question("number", {**TEXT, "maxLength": 5}, required=True), question("why", TEXT))
    outcome = moved(journey, confirming(shorter, WORK))
    assert outcome.again == (Again("phone", "refused: number too_long"),)
    assert outcome.outcome == "asks_again" and journey.current == "phone"
    assert journey.shown("phone") == {"number": ["13900139000"], "why": ["new"]}
    assert journey.statuses == {"phone": "stale", "work": "done", "sign": "done", "submit": "todo"}
    journey.answer("phone", number="139", why="new")
    assert journey.statuses["sign"] == "stale"


def test_a_new_question_that_must_be_answered_asks_its_page_again_and_an_optional_one_does_not() -> None:
    must = form("work", *WORK.fields, question("years", TEXT, required=True))
    may = form("work", *WORK.fields, question("years", TEXT))
    asked, left = signed_journey(), signed_journey()
    assert moved(asked, confirming(PHONE, must)).again == (Again("work", "refused: years required"),)
    assert moved(left, confirming(PHONE, may)).outcome == "safe"


def test_a_new_rule_that_refuses_or_warns_brings_the_page_back() -> None:
    refuses = form("work", *WORK.fields, refuse=[Rule("no_smith", 'employer == "Smith"', "No.")])
    warns = form("work", *WORK.fields, warn=[Rule("sure", 'employer == "Smith"', "Sure?")])
    one, two = signed_journey(), signed_journey()
    assert moved(one, confirming(PHONE, refuses)).again == (Again("work", "refused: no_smith"),)
    assert moved(two, confirming(PHONE, warns)).again == (Again("work", "warned: sure"),)


def test_a_changed_text_is_signed_again_and_nothing_else_is_asked() -> None:
    journey = signed_journey()
    outcome = moved(journey, confirming(PHONE, WORK, text="Another text."))
    assert outcome.again == (Again("sign", "texts_changed"),) and outcome.kept == ("phone", "work")
    sign(journey)
    assert journey.current == "submit"


def test_a_tick_holds_as_long_as_the_text_that_it_was_for_is_the_same() -> None:
    tick = question("ok", {"const": True}, kind="consent", required=True, options={"agreement": "contract"})
    old, longer = form("work", *WORK.fields, tick), form("work", *WORK.fields, tick, question("more", TEXT))

    def ticked() -> Journey:
        journey = Journey(made(PHONE, old))
        journey.answer("phone", number="1", why="")
        journey.answer("work", employer="Smith", way="x", ok="true")
        return journey

    same, other = ticked(), ticked()
    assert moved(same, made(PHONE, longer)).kept == ("phone", "work")
    assert moved(other, made(PHONE, longer, text="Another.")).again == (Again("work", "texts_changed"),)


def test_an_answer_whose_question_is_gone_is_named_and_the_signature_over_it_is_void() -> None:
    journey = signed_journey()
    outcome = moved(journey, confirming(form("phone", PHONE.fields[0]), WORK))
    assert outcome.lost == (Lost("phone.why", "field_gone"),) and outcome.outcome == "loses"
    assert [again.step for again in outcome.again] == ["sign"]
    assert journey.case.results["phone"].data == {"number": "13900139000"}


def test_without_a_word_of_the_author_a_case_that_would_lose_something_stays_where_it_is() -> None:
    journey = signed_journey()
    before = journey.case
    assert moved(journey, confirming(form("phone", PHONE.fields[0]), WORK), unclean="keep").outcome == "loses"
    assert journey.case == before and [p.code for p in journey.last.problems] == ["cannot_move"]


def test_an_author_can_let_an_answer_go() -> None:
    journey = signed_journey()
    outcome = moved(journey, confirming(form("phone", PHONE.fields[0]), WORK), Route(drop=frozenset({"phone.why"})))
    assert outcome.lost == (Lost("phone.why", "dropped"),) and outcome.outcome == "asks_again"


def test_a_renamed_step_question_and_option_keep_the_answer_and_the_signature_over_it() -> None:
    journey = signed_journey()
    contact = form("contact", question("mobile", TEXT, required=True), question("why", TEXT))
    work = form("work", WORK.fields[0], question("way", {"type": "string", "enum": ["first", "second"]}))
    route = Route(
        steps={"phone": "contact"}, fields={"phone.number": "contact.mobile"}, options={"work.way": {"x": "first", "y": "second"}}
    )
    outcome = moved(journey, confirming(contact, work), route)
    assert (outcome.outcome, outcome.kept) == ("safe", ("contact", "work", "sign"))
    assert {step: result.data for step, result in journey.case.results.items() if step != "sign"} == {
        "contact": {"why": "new", "mobile": "13900139000"}, "work": {"employer": "Smith", "way": "first"}}  # fmt: skip
    assert outcome.slots["phone.number"] == "contact.mobile"
    # The ground has other names only; from now on it is watched under them.
    journey.answer("contact", mobile="1", why="new")
    assert journey.statuses["sign"] == "stale"


def test_a_question_that_another_page_asks_now_takes_its_answer_along() -> None:
    journey = signed_journey()
    phone, work = form("phone", PHONE.fields[0]), form("work", *WORK.fields, PHONE.fields[1])
    outcome = moved(journey, confirming(phone, work), Route(fields={"phone.why": "work.why"}))
    assert journey.case.results["work"].data == {"employer": "Smith", "way": "x", "why": "new"}
    assert outcome.lost == ()


def test_a_step_in_another_place_keeps_its_answer() -> None:
    journey = signed_journey()
    outcome = moved(journey, confirming(WORK, PHONE))
    assert (outcome.outcome, outcome.kept) == ("safe", ("work", "phone", "sign"))


def test_a_new_page_is_asked_and_the_signature_before_it_is_void_once_it_is_answered() -> None:
    journey = signed_journey()
    outcome = moved(journey, confirming(PHONE, WORK, form("extra", question("more", TEXT, required=True))))
    assert outcome.outcome == "safe" and journey.current == "extra"
    journey.answer("extra", more="m")
    assert journey.current == "sign"


def test_a_step_that_no_longer_applies_to_this_client_is_named() -> None:
    journey = signed_journey()
    end = replace(END, options={**END.options, "confirm": True})
    steps = [Step("phone", "form", "p"), Step("work", "form", "w", when='phone.number == "1"'), SIGN, end]
    outcome = moved(journey, made(PHONE, WORK, steps=steps))
    assert set(outcome.lost) == {Lost("work.employer", "not_asked"), Lost("work.way", "not_asked")}
    assert [again.step for again in outcome.again] == ["sign"]


def test_a_value_of_another_kind_is_named_and_never_shown_to_the_new_question() -> None:
    journey = signed_journey()
    many = form("work", WORK.fields[0], question("way", {"type": "array", "items": WAY}))
    outcome = moved(journey, confirming(PHONE, many))
    assert outcome.lost == (Lost("work.way", "unfit"),)
    assert journey.shown("work") == {"employer": ["Smith"]}


def test_what_was_typed_and_not_yet_sent_moves_too() -> None:
    _, journey = open_journey()
    journey.draft("work", employer="Miller", way="y")
    new = made(PHONE, form("job", question("firm", TEXT, required=True), WORK.fields[1]))
    route = Route(steps={"work": "job"}, fields={"work.employer": "job.firm"})
    assert moved(journey, new, route).outcome == "safe"
    assert journey.case.drafts == {"job": {"firm": ["Miller"], "way": ["y"]}}


def test_what_a_reviewer_has_reopened_stays_reopened_under_its_new_name() -> None:
    old = made(PHONE, WORK)
    journey = walked(old)
    journey.claim()
    journey.give_back("number_wrong")
    contact = form("contact", question("mobile", TEXT, required=True))
    route = Route(steps={"phone": "contact"}, fields={"phone.number": "contact.mobile"}, drop=frozenset({"phone.why"}))
    moved(journey, made(contact, WORK), route)
    case = journey.case
    assert (case.reopened, case.correcting) == ({"contact": ("mobile",)}, ("contact",))
    assert case.returned is not None and case.returned.reopen == {"contact": ("mobile",)}
    assert journey.open == ["contact"]
    journey.answer("contact", mobile="1")
    assert journey.case.state == "returned" and journey.current == "sign"


def test_a_case_that_waits_for_review_stays_unless_the_author_lets_it_go_and_nothing_is_touched() -> None:
    old = made(PHONE, WORK)
    wider = form("phone", question("number", {**TEXT, "maxLength": 40}, required=True), question("why", TEXT))
    new, touched = made(wider, WORK), made(PHONE, WORK, text="Another.")
    stays, goes, keeps = walked(old), walked(old), walked(old)
    assert (moved(stays, new).stays, stays.case.edition) == ("submitted", "e1")
    assert (moved(goes, new, Route(submitted=True)).outcome, goes.case.edition) == ("safe", "e2")
    assert (moved(keeps, touched, Route(submitted=True)).stays, keeps.case.edition) == ("touched", "e1")
    goes.claim()
    assert moved(goes, old, Route(submitted=True)).stays == "in_review"


def test_a_client_whose_last_page_is_gone_is_asked_at_the_end_and_never_stuck() -> None:
    old = made(PHONE, WORK, steps=[Step("phone", "form", "p"), Step("work", "form", "w"), END])
    journey = Journey(old)
    journey.answer("phone", number="1", why="")
    assert moved(journey, made(PHONE, steps=[Step("phone", "form", "p"), END])).outcome == "safe"
    assert journey.current == "submit"
    journey.submit()
    assert journey.case.state == "submitted"
    ends_nowhere = Journey(old)
    ends_nowhere.answer("phone", number="1", why="")
    assert moved(ends_nowhere, made(PHONE, steps=[Step("phone", "form", "p")])).breaks == "nothing_left"


# Whatever the flow and whatever was done


def wander(the_course: Course, posts: list[tuple[int, dict[str, list[str]], bool]], valid: bool) -> Journey:
    """A client who answers this and that, rightly or not."""
    journey = Journey(the_course, ON_FILE, {"fact.valid": valid})
    for place, raw, send in posts:
        if journey.case.state not in CLIENTS_TURN:
            break
        steps = the_course.flow.steps
        current = journey.current if send else steps[place % len(steps)].id
        kind = next((step.kind for step in steps if step.id == current), "")
        if kind == "call":
            journey.send(commands.CalledBack(actor="plugin:call", step=current, data={"ok": True}))
            continue
        if kind == "agreements":
            journey.send(commands.SaveDraft(actor="client", step=current, raw={"read": ["first", "second"]}))
        command = commands.Answer if send else commands.SaveDraft
        more = {"verdicts": {"pic": "ok", "code": "ok"}} if send else {}
        journey.send(command(actor="client", step=current, raw=raw, **more))  # type: ignore[arg-type]
    return journey


posted = st.lists(st.tuples(st.integers(0, 4), st.one_of(right, right, raws), st.sampled_from([True, True, False])), max_size=9)
relaxed = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def bare(case: Case) -> Case:
    """The case without what every event changes."""
    return replace(case, edition="", revision=0, updated_at=case.created_at)


@relaxed
@given(the_course=courses(), posts=posted, valid=st.booleans())
def test_moving_to_an_equal_edition_changes_nothing(the_course: Course, posts: Any, valid: bool) -> None:
    journey = wander(the_course, posts, valid)
    outcome = move(journey.case, the_course, the_course, "e2", Route(submitted=True), journey.facts, TODAY)
    assert (outcome.lost, outcome.again) == ((), ())
    assert bare(outcome.case) == bare(journey.case)
    assert list(outcome.case.results) == list(journey.case.results)


@relaxed
@given(old=courses(), new=courses(), posts=posted, valid=st.booleans())
def test_nothing_that_was_answered_is_lost_without_being_named(old: Course, new: Course, posts: Any, valid: bool) -> None:
    journey = wander(old, posts, valid)
    outcome = move(journey.case, old, new, "e2", Route(unclean="restart"), journey.facts, TODAY)
    if outcome.outcome == "stays":
        assert outcome.case == journey.case
        return
    named = {lost.at for lost in outcome.lost}
    for step, result in journey.case.results.items():
        there = outcome.case.results.get(step)
        if not result.data and there is None:
            assert step in named or next(b for b in old.steps if b.step.id == step).kind.ends
        for name, value in result.data.items():
            carried = there is not None and name in there.data and there.data[name] == value
            assert carried or f"{step}.{name}" in named, (step, name)
    for step, raw in journey.case.drafts.items():
        for name, texts in raw.items():
            there_ = outcome.case.drafts.get(step, {})
            assert there_.get(name) == texts or f"{step}.{name}" in named
    # Every page of it can be shown, and told in a document and back.
    position = new.position(outcome.case, journey.facts, TODAY)
    for standing in new.open_to(outcome.case, position):
        standing.bound.kind.fill(standing.bound.step, new.book, new.sight(outcome.case, standing))
    assert replace(outcome.case, **from_document(to_document(outcome.case))) == outcome.case


@relaxed
@given(old=courses(), new=courses(), posts=posted, valid=st.booleans())
def test_moving_and_moving_back_gives_the_same_case(old: Course, new: Course, posts: Any, valid: bool) -> None:
    journey = wander(old, posts, valid)
    before = journey.case
    there = apply(
        old, before, commands.Move(actor="system", edition="e2", to=new, route=Route(unclean="restart")), journey.moment
    )
    if not there.events:
        assert there.case == before
        return
    back = commands.MoveBack(actor="system", edition="e1", to=old, before=there.events[0].data["before"])
    assert bare(apply(new, there.case, back, journey.moment).case) == bare(before)


@relaxed
@given(old=courses(), new=courses(), posts=posted, more=posted, valid=st.booleans())
def test_a_moved_case_is_never_stuck(old: Course, new: Course, posts: Any, more: Any, valid: bool) -> None:
    journey = wander(old, posts, valid)
    if journey.case.state not in CLIENTS_TURN or journey.current == "":
        return
    journey.send(commands.Move(actor="system", edition="e2", to=new, route=Route(unclean="restart")))
    if journey.last.events:
        journey.course = new
        assert journey.current != "" and journey.current in journey.open
