"""What the store hands out and takes in. Personal data stays out of every repr."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar

from .moments import micros
from .sealing import Key

T = TypeVar("T")
Document = dict[str, Any]
TaskState = Literal["open", "claimed", "done"]
JobState = Literal["ready", "doing", "done", "failed"]


def new_id(now: datetime) -> str:
    """32 hex digits that sort by time (to the millisecond) and cannot be guessed (80 random bits)."""
    return f"{micros(now) // 1000:012x}{os.urandom(10).hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A case as it was at `revision`. `client` is a keyed hash. `head` and `last_seq` belong to the store."""

    id: str
    number: str
    company: str
    client: str
    business: str
    edition: str
    state: str
    open: bool
    document: Document = field(repr=False)
    drafts: Document = field(default_factory=dict, repr=False)
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    revision: int = 0
    last_seq: int = 0
    head: str = ""
    key: Key | None = field(default=None, repr=False, compare=False)

    @property
    def forgotten(self) -> bool:
        """Its key was dropped: document, drafts, events and files cannot be read by anybody any more."""
        return self.key is None and self.revision > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that happened to a case. `actor` says who without saying a name: `client`, `staff:<id>`, `system`.

    The store gives `seq` (1, 2, 3 …) when the event is written.
    """

    at: datetime
    actor: str
    kind: str
    data: Document = field(default_factory=dict, repr=False)
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    id: str
    case_id: str
    slot: str
    media_type: str
    size: int
    created_at: datetime
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """Work for staff on a case. A claimed task whose lease is over may be claimed by somebody else."""

    id: str
    case_id: str
    company: str
    kind: str
    level: int
    state: TaskState
    assignee: str | None
    lease_until: datetime | None
    created_at: datetime
    done_at: datetime | None = None
    queue: str = ""
    rank: int = 0
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LetterRow:
    """What was said to a box; numbers go up by one."""

    number: int
    said: Document = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A record that a plugin keeps. `revision` goes up with every change."""

    id: str
    plugin: str
    kind: str
    name: str
    owner: str
    document: Document = field(repr=False)
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be. With the key of an earlier job it is not added again. `run_at` None means at once."""

    kind: str
    key: str
    payload: Document = field(default_factory=dict, repr=False)
    run_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """`attempts` counts how often it was taken, and is the fence: who took it earlier can no longer finish it."""

    id: str
    kind: str
    key: str
    case_id: str | None
    payload: Document = field(repr=False)
    state: JobState
    run_at: datetime
    attempts: int
    lease_until: datetime | None
    last_error: str | None
    created_at: datetime
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """`id` is the hash of the token; the token itself is only in the browser, and here while the request lasts."""

    id: str
    kind: str
    company: str
    subject: str
    data: Document = field(repr=False)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    token: str = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    id: str
    company: str
    login: str
    name: str
    roles: tuple[str, ...]
    password_hash: str = field(repr=False)
    totp_secret: str | None = field(default=None, repr=False)
    totp_step: int = 0
    disabled: bool = False
    failures: int = 0
    locked_until: datetime | None = None
    created_at: datetime
    branches: tuple[str, ...] = ()
    """Codes of those that they work for; none: all of the company's."""
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    signed_in_at: datetime | None = None
    invite: str = field(default="", repr=False)
    """The hash of the link that they were given; what it is for, until when, and the secret it shows for an authenticator."""
    invite_for: str = ""
    invite_until: datetime | None = None
    invite_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StaffEventRow:
    """A line of the trail of accounts: whose, what, by whom (`staff:<id>`, `operator`). The newest has the largest `id`."""

    id: int
    staff: str
    company: str
    at: datetime
    actor: str
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: after so many seconds (rounded up)."""

    seconds: int

    @classmethod
    def until(cls, later: int, now: int) -> Wait:
        return cls(max(1, -(-(later - now) // 1_000_000)))


@dataclass(frozen=True, slots=True)
class Capped:
    """No more today; again after so many seconds."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of many. `count` is of all that match."""

    rows: tuple[T, ...]
    count: int
    page: int
    size: int


CodeAnswer = Literal["ok", "wrong", "expired", "used_up", "none"]
MINUTE = timedelta(minutes=1)
