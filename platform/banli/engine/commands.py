"""What can be asked of a case. 驳回 reject, 退回 return, 撤回 withdraw and 放弃 abandon are four commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from banli.engine.course import Course
from banli.engine.routes import Route
from banli.fields import Raw, Verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`seen` is the revision of the case that the asker saw; another revision means: look again. None: does not matter."""

    actor: str
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start(Command):
    """`record` is what is on file; `consents` are the texts that were agreed to when logging in."""

    record: dict[str, Any]
    consents: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveDraft(Command):
    step: str
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Command):
    """`verdicts` None: judge only what the page itself says, and tell what else must be judged."""

    step: str
    raw: Raw
    verdicts: Verdicts | None = None
    confirmed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Back(Command):
    """`<`: keeps what was typed as a draft and goes to the step before (R-006)."""

    step: str
    raw: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit(Command): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Command): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandon(Command): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(Command): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Command):
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Command): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(Command): ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Command):
    reasons: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack(Command):
    """Staff who attend to the client at a step find something wrong: the step's own `reasons` say what is asked anew."""

    step: str
    reasons: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(Command):
    reasons: tuple[str, ...]
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledBack(Command):
    """A plugin tells what came of a step that it handles (`step`, `data`)."""

    step: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(Command):
    """On to another edition: its hash and its course, the way for the answers, and the name of the migration."""

    edition: str
    to: Course
    route: Route
    migration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveBack(Command):
    """Back to where the case was before `Move`: `before` stands in its event, `to` is the course of that edition."""

    edition: str
    to: Course
    before: dict[str, Any]
    migration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered(Command):
    """What came of an action (or of its run for one item, `codes[shfe]`): `outcome` is done, refused:<code> where that is a
    result, failed:<code> or later:<code>, or waiting when a person has it tried again."""

    action: str
    outcome: str
