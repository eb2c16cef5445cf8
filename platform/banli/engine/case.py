"""A case and its story: the events, and what the case is after each of them. Nothing else changes a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Data = dict[str, Any]

OPEN = frozenset({"open", "submitted", "in_review", "returned", "approved", "delivering"})
"""The states in which a case stands in the way of another one (R-118); 待完成业务."""

CLIENTS_TURN = frozenset({"open", "returned"})
ENDED = frozenset({"done", "rejected", "abandoned", "expired"})


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a case. `data` is JSON-able; `actor` is `client`, `staff:<id>`, `system` or `plugin:<name>`."""

    kind: str
    at: datetime
    actor: str
    data: Data = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What one step of one case has yielded, and the digest of all that it was based on."""

    step: str
    data: Data
    digest: str
    at: str
    by: str
    flags: tuple[str, ...] = ()
    records: tuple[Data, ...] = ()


@dataclass(frozen=True, slots=True)
class Returned:
    """What staff have said when they returned the case, sent the client back from a `step`, or rejected the case (then nothing
    is reopened): the reasons with their sentences, a remark. Without a `step` a reviewer has said it of the whole case."""

    reasons: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    remark: str = ""
    reopen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One client's way through one business. `record` is what was on file when the case began."""

    id: str
    number: str
    company: str
    client: str
    business: str
    edition: str
    state: str
    revision: int
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    record: Data = field(default_factory=dict)
    results: Mapping[str, Result] = field(default_factory=dict)
    reopened: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    correcting: tuple[str, ...] = ()
    returned: Returned | None = None
    rejected: Returned | None = None
    reviewer: str = ""
    lease_until: str = ""
    approvals: tuple[str, ...] = ()
    changes: Data = field(default_factory=dict)
    deliveries: Mapping[str, str] = field(default_factory=dict)
    drafts: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict)
    again: Mapping[str, int] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def correction(self) -> Returned | None:
        """What staff want corrected, while it is the client's turn."""
        said = self.returned
        if said is None or self.state not in CLIENTS_TURN:
            return None
        return said if self.state == "returned" or said.step else None

    @property
    def word(self) -> str:
        """What to look the state's name up by: `sent_back` while the client corrects what came up at a step."""
        return "sent_back" if self.correction is not None and self.correction.step else self.state


def evolve(case: Case, event: Event) -> Case:
    """The case after the event. Pure: replaying all events of a case gives the case, but for drafts and revision
    (a revision counts decisions, and one decision may have several events)."""
    if "." in event.kind:  # a plugin's note beside the case: `video.recorded`
        return case
    after: Case = _AFTER[event.kind](case, event)
    return replace(after, updated_at=event.at)


def replay(begin: Case, events: Iterable[Event]) -> Case:
    """The case after all these events."""
    for event in events:
        begin = evolve(begin, event)
    return begin


def _started(case: Case, event: Event) -> Case:
    return replace(case, state="open", record=event.data["record"])


def _answered(case: Case, event: Event) -> Case:
    data = event.data
    result = Result(
        data["step"], data["data"], data["digest"], event.at.isoformat(), event.actor,
        tuple(data.get("flags", ())), tuple(data.get("records", ())),
    )  # fmt: skip
    returned = case.returned
    if returned is not None and returned.step == result.step:
        returned = None
    return replace(
        case,
        returned=returned,
        results={**case.results, result.step: result},
        reopened={step: fields for step, fields in case.reopened.items() if step != result.step},
        drafts={step: raw for step, raw in case.drafts.items() if step != result.step},
    )


def _again(case: Case, event: Event) -> Case:
    """The client answers earlier steps anew; what they said stands in the fields."""
    step = event.data["step"]
    reopened = {**case.reopened, **{name: () for name in event.data["steps"] if name in case.results}}
    return replace(case, reopened=reopened, again={**case.again, step: case.again.get(step, 0) + 1})


def _submitted(case: Case, event: Event) -> Case:
    return replace(
        case, state="submitted", submitted_at=event.at, changes=event.data["changes"], drafts={},
        reopened={}, correcting=(), approvals=(), reviewer="", lease_until="",
    )  # fmt: skip


def _withdrawn(case: Case, event: Event) -> Case:
    correcting = tuple(event.data.get("correcting", ()))
    again = event.data.get("again", ())
    results = {step: result for step, result in case.results.items() if step not in again}
    return replace(
        case, state="returned" if correcting else "open", submitted_at=None, correcting=correcting, results=results
    )


def _claimed(case: Case, event: Event) -> Case:
    return replace(case, state="in_review", reviewer=event.actor, lease_until=event.data["lease_until"])


def _released(case: Case, event: Event) -> Case:
    return replace(case, state="submitted", reviewer="", lease_until="")


def _approved(case: Case, event: Event) -> Case:
    state = "approved" if event.data["final"] else "submitted"
    return replace(case, state=state, approvals=(*case.approvals, event.actor), reviewer="", lease_until="")


def _said(event: Event) -> Returned:
    data = event.data
    reopen = {step: tuple(fields) for step, fields in data.get("reopen", {}).items()}
    step = data.get("step", "")
    return Returned(tuple(data["reasons"]), tuple(data["texts"]), data.get("remark", ""), reopen, event.actor, step)


def _cleared(case: Case, event: Event, said: Returned) -> dict[str, Result]:
    """The results, those that are reopened without what has to be given anew."""
    kept = event.data.get("kept", {})
    return {
        step: replace(result, data=kept.get(step, result.data)) if step in said.reopen else result
        for step, result in case.results.items()
    }


def _returned(case: Case, event: Event) -> Case:
    said = _said(event)
    return replace(
        case, state="returned", returned=said, reopened=said.reopen, correcting=tuple(said.reopen),
        results=_cleared(case, event, said), reviewer="", lease_until="", approvals=(),
    )  # fmt: skip


def _sent_back(case: Case, event: Event) -> Case:
    """Nothing was submitted yet, so the state stays; who corrects after a return may now correct this too."""
    said = _said(event)
    correcting = tuple(dict.fromkeys((*case.correcting, *said.reopen))) if case.state == "returned" else case.correcting
    return replace(
        case, returned=said, reopened={**case.reopened, **said.reopen}, correcting=correcting, results=_cleared(case, event, said)
    )


def _rejected(case: Case, event: Event) -> Case:
    return replace(case, state="rejected", rejected=_said(event), reviewer="", lease_until="")


def _delivering(case: Case, event: Event) -> Case:
    return replace(case, state="delivering", deliveries=dict.fromkeys(event.data["actions"], "waiting"))


def _delivery(case: Case, event: Event) -> Case:
    return replace(case, deliveries={**case.deliveries, event.data["action"]: event.data["outcome"]})


MOVED = ("results", "reopened", "correcting", "returned", "changes", "again")
"""What of a case another edition can change, beside its drafts."""


def movable(case: Case) -> Data:
    """What `moved` keeps of a case, so that it can be replayed and taken back."""
    kept = to_document(case)
    return {**{name: kept[name] for name in MOVED}, "drafts": case.drafts}


def _moved(case: Case, event: Event) -> Case:
    after = event.data["after"]
    kept = from_document({**to_document(case), **after})
    return replace(case, **kept, drafts=after["drafts"], edition=event.data["to"])


def _ends(state: str) -> Any:
    return lambda case, event: replace(case, state=state, drafts={}, reviewer="", lease_until="")


_AFTER: Mapping[str, Any] = {
    "started": _started,
    "answered": _answered,
    "again": _again,
    "submitted": _submitted,
    "withdrawn": _withdrawn,
    "claimed": _claimed,
    "released": _released,
    "approved": _approved,
    "returned": _returned,
    "sent_back": _sent_back,
    "rejected": _rejected,
    "delivering": _delivering,
    "delivery": _delivery,
    "moved": _moved,
    "moved_back": _moved,
    "done": _ends("done"),
    "abandoned": _ends("abandoned"),
    "expired": _ends("expired"),
}


def to_document(case: Case) -> Data:
    """What is kept of a case beside its columns, JSON-able. `from_document` is its opposite."""
    return {
        "record": case.record,
        "results": [
            {"step": r.step, "data": r.data, "digest": r.digest, "at": r.at, "by": r.by, "flags": r.flags, "records": r.records}
            for r in case.results.values()
        ],
        "reopened": case.reopened,
        "correcting": case.correcting,
        "returned": _said_out(case.returned),
        "rejected": _said_out(case.rejected),
        "reviewer": case.reviewer,
        "lease_until": case.lease_until,
        "approvals": case.approvals,
        "changes": case.changes,
        "deliveries": case.deliveries,
        "again": case.again,
    }


def from_document(document: Data) -> Data:
    """What was kept of a case beside its columns, by the names that `Case` has for it."""
    return {
        "record": document["record"],
        "results": {
            r["step"]: Result(r["step"], r["data"], r["digest"], r["at"], r["by"], tuple(r["flags"]), tuple(r["records"]))
            for r in document["results"]
        },
        "reopened": {step: tuple(fields) for step, fields in document["reopened"].items()},
        "correcting": tuple(document["correcting"]),
        "returned": _said_in(document["returned"]),
        "rejected": _said_in(document["rejected"]),
        "reviewer": document["reviewer"],
        "lease_until": document["lease_until"],
        "approvals": tuple(document["approvals"]),
        "changes": document["changes"],
        "deliveries": document["deliveries"],
        "again": document.get("again", {}),
    }


def _said_out(said: Returned | None) -> Data | None:
    if said is None:
        return None
    told = {"reasons": said.reasons, "texts": said.texts, "remark": said.remark, "reopen": said.reopen, "by": said.by}
    return {**told, "step": said.step} if said.step else told


def _said_in(data: Data | None) -> Returned | None:
    if data is None:
        return None
    reopen = {step: tuple(fields) for step, fields in data["reopen"].items()}
    return Returned(
        tuple(data["reasons"]), tuple(data["texts"]), data["remark"], reopen, data["by"], data.get("step", "")
    )
