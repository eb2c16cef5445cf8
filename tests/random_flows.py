"""Small flows of any shape, and what people post to their pages, for tests of whatever can happen to a case."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from banli.engine import Course, commands
from banli.expressions import Type
from small_flows import (
    NOON,
    Action,
    Agreement,
    AgreementList,
    Form,
    Listed,
    Reason,
    Review,
    Step,
    agreement,
    book,
    course,
    flow,
    form,
    question,
)

CLIENT, PEOPLE = "client", ("staff:ann", "staff:bob", "staff:cy")
TEXT = {"type": "string", "maxLength": 9}
PHOTO = {"type": "string", "contentMediaType": "image/*", "maxLength": 100}
ON_FILE = {"name": "on file", "photo": "file-0"}


@st.composite
def courses(draw: st.DrawFn) -> Course:
    """One to five steps, each of them maybe under a condition on an earlier answer or on what a plugin knows."""
    steps: list[Step] = []
    forms: list[Form] = [form("record", question("name", TEXT))]
    lists: list[AgreementList] = []
    texts: list[Agreement] = [agreement("first"), agreement("second")]
    for place in range(draw(st.integers(1, 4))):
        kinds = ["form", "form", "photos", "agreements", "call"] + ([] if steps else ["overview"] * 3)
        kind, step_id, earlier = draw(st.sampled_from(kinds)), f"s{place}", conditions(steps)
        when = draw(st.sampled_from(["", "", *earlier]))
        options: dict[str, Any] = {}
        if kind == "overview":
            options = {"form": "record", "edit": ["one", "two"], "as": "section"}
        elif kind == "form":
            forms.append(small_form(step_id, draw(st.sampled_from(["", *earlier]))))
        elif kind == "photos":
            forms.append(form(step_id, question("pic", PHOTO, required=True, prefill="client.photo")))
            clear = draw(st.sampled_from(["", *earlier]))
            options = {"clear": {"fields": ["pic"], "when": clear}} if clear else {}
        elif kind == "agreements":
            row = Listed("second", "second", draw(st.sampled_from(["", *earlier])))
            lists.append(AgreementList(step_id, step_id, (Listed("first", "first"), row)))
            options = {"list": step_id}
        rests_on = draw(st.sampled_from([None, None, (), tuple(s.id for s in steps[:1])]))
        steps.append(Step(step_id, kind, step_id, when=when, rests_on=rests_on, options=options))
    if draw(st.integers(0, 9)):
        steps.append(Step("end", "submit", "end", options={"text": "Thanks.", "confirm": draw(st.booleans())}))
    names = {name: {"type": "string"} for name in ON_FILE}
    small = book(forms, steps, names, agreements=texts, lists=lists, facts={"fact.valid": Type("bool")})
    review = Review(draw(st.sampled_from([0, 1, 1, 2, 2])), draw(reasons(steps)), (Reason("false", "False.", {}),))
    return course(
        small, flow(steps, review, draw(st.sampled_from([(), (Action("a", "a"),), (Action("a", "a"), Action("b", "b"))])))
    )


def conditions(steps: list[Step]) -> list[str]:
    """What a later step can ask of these."""
    found = ["fact.valid"]
    for step in steps:
        if step.kind == "overview":
            found.append('section == "one"')
        elif step.kind == "form":
            found += [f'{step.id}.way == "x"', f"{step.id}.more != null"]
        elif step.kind == "call":
            found.append(f"{step.id}.ok")
    return found


def small_form(form_id: str, when: str) -> Form:
    return form(
        form_id,
        question("way", {"type": "string", "enum": ["x", "y"]}, required=True),
        question("more", TEXT, required=True, when='way == "y"'),
        question("name", TEXT, prefill="client.name"),
        question("code", {"type": "string"}, kind="otp", options={"to": "name"}, when='way == "y"'),
        question("extra", TEXT, when=when),
    )


@st.composite
def reasons(draw: st.DrawFn, steps: list[Step]) -> tuple[Reason, ...]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        reopen: dict[str, tuple[str, ...]] = {}
        for step in draw(st.lists(st.sampled_from(steps), min_size=1, max_size=2, unique_by=lambda s: s.id)):
            fields = {"form": ("way", "name"), "photos": ("pic",)}.get(step.kind, ())
            reopen[step.id] = tuple(draw(st.lists(st.sampled_from(fields), unique=True))) if fields else ()
        found.append(Reason(f"r{number}", f"Reason {number}.", reopen))
    return tuple(found)


# What people post

raws: st.SearchStrategy[dict[str, list[str]]] = st.fixed_dictionaries(
    {},
    optional={
        "edit": st.sampled_from([["one"], ["two"], ["three"], []]),
        "way": st.sampled_from([["x"], ["y"], ["z"], [""], []]),
        "more": st.sampled_from([["m"], ["another"], ["far too long"], ["\u202e"]]),
        "name": st.sampled_from([["on file"], ["new"], [""]]),
        "code": st.sampled_from([["123456"], [""]]),
        "extra": st.sampled_from([["e"], [""]]),
        "pic": st.sampled_from([["file-0"], ["file-1"], ["file-2"], [""]]),
        "read": st.sampled_from([["first"], ["first", "second"], ["nothing"], []]),
        "agree": st.sampled_from([["true"], ["maybe"], []]),
    },
)
right = st.fixed_dictionaries(
    {
        "edit": st.sampled_from([["one"], ["two"]]),
        "way": st.sampled_from([["x"], ["y"]]),
        "more": st.sampled_from([["m"], ["another"]]),
        "name": st.sampled_from([["on file"], ["new"]]),
        "extra": st.sampled_from([["e"], [""]]),
        "pic": st.sampled_from([["file-1"], ["file-2"]]),
        "agree": st.just(["true"]),
    }
)
places = st.integers(0, 5)
out_of_place: st.SearchStrategy[commands.Command] = st.one_of(
    st.builds(commands.Answer, actor=st.just(CLIENT), step=st.just("s0"), raw=right),
    st.builds(commands.SaveDraft, actor=st.just(CLIENT), step=st.just("s0"), raw=right),
    st.builds(commands.Back, actor=st.just(CLIENT), step=st.just("s0"), raw=right),
    st.builds(commands.CalledBack, actor=st.just("plugin:call"), step=st.just("s0")),
    st.builds(commands.Start, actor=st.just(CLIENT), record=st.just({})),
    st.builds(commands.Submit, actor=st.just(CLIENT)),
    st.builds(commands.Withdraw, actor=st.just(CLIENT)),
    st.builds(commands.Claim, actor=st.sampled_from(PEOPLE), lease_until=st.just(NOON)),
    st.builds(commands.Approve, actor=st.sampled_from(PEOPLE)),
    st.builds(commands.Release, actor=st.sampled_from(PEOPLE)),
    st.builds(commands.Return, actor=st.sampled_from(PEOPLE), reasons=st.just(("r0",))),
    st.builds(commands.Delivered, actor=st.just("system"), action=st.just("a"), outcome=st.just("done")),
)
