"""What a page that has come back from a reviewer asks to be corrected."""

from __future__ import annotations

from banli.definitions.model import Reason, Review, Step
from small_flows import Journey, book, course, flow, form, question

TEXT = {"type": "string"}


def test_a_client_is_not_asked_to_correct_what_the_page_does_not_ask():
    """A reason may name questions of which only some apply to this client."""
    page = form(
        "page",
        question("kind", TEXT, required=True),
        question("always", TEXT, required=True),
        question("seldom", TEXT, required=True, when='kind == "rare"'),
    )
    steps = [Step("page", "form", "page"), Step("submit", "submit", "submit")]
    reasons = (Reason("wrong", "wrong", {"page": ("always", "seldom")}),)
    made = course(book([page], steps), flow(steps, Review(1, reasons)))
    client = Journey(made)
    client.answer("page", kind="usual", always="x")
    client.submit()
    client.claim()
    client.give_back("wrong")
    standing = made.position(client.case, {}, "2026-11-23").step("page")
    kind, step, sight = standing.bound.kind, standing.bound.step, made.sight(client.case, standing)
    reopened = client.case.reopened["page"]
    assert set(reopened) == {"always", "seldom"}
    assert kind.asked(step, made.book, sight, kind.fill(step, made.book, sight), reopened) == ("always",)
    assert kind.asked(step, made.book, sight, {"kind": ["rare"]}, reopened) == ("always", "seldom")
