"""What a plugin does with people on both sides of a case: work for staff, letters, a wire to a page, a counter at the desk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from banli.errors import Problem

Said = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff, as a plugin is told. `companies` are those for which they have the counter's right."""

    actor: str
    name: str
    companies: tuple[str, ...]
    rights: frozenset[str] = frozenset()
    language: str = "zh_CN"
    branches: tuple[str, ...] = ()
    """Codes of those that they work for; none: all."""

    def serves(self, branch: str) -> bool:
        """Do they work for this branch? "" are clients of none: everybody works for them."""
        return not self.branches or not branch or branch in self.branches


@dataclass(frozen=True, slots=True)
class Work:
    """Something that staff have to do on a case: a video call. Nothing personal stands in it.

    `queue` names the line it waits in (a branch), `rank` where in it: less comes first, then who came first. `holder` is
    who has taken it (`staff:<id>`), until `until`; `there` is when the client was last known to be waiting.
    """

    id: str
    company: str
    case: str
    kind: str
    queue: str
    rank: int
    holder: str
    until: datetime | None
    since: datetime
    there: datetime
    done: bool = False


class Works(Protocol):
    """The work of the site, in the database: one of a kind for a case at a time, each held by one member of staff at a time.

    All processes see the same. Whoever changes one gets it as it is afterwards; None: somebody was quicker, read again.
    """

    async def put(self, company: str, case: str, kind: str, queue: str, rank: int = 0) -> Work:
        """Into the queue. What waits already keeps its place (and its queue), whoever asks again: the client is there."""

    async def get(self, id: str) -> Work | None: ...

    async def of(self, case: str, kind: str) -> Work | None:
        """The one of this case that is not done."""

    async def there(self, work: Work) -> Work | None:
        """The client has been heard of."""

    async def queued(self, company: str, kind: str, queues: Sequence[str] = (), *, since: datetime) -> Sequence[Work]:
        """What waits, in the order in which it is taken, and what somebody holds; at most 500. Who was not there after `since`
        is left out, unless held. Without `queues` those of the whole company."""

    async def count(self, company: str, kind: str, queue: str, *, since: datetime) -> int:
        """How many wait in this queue (nobody holds them) and were there after `since`."""

    async def next(
        self, actor: str, companies: Sequence[str], kind: str, queues: Sequence[str], lease: timedelta, *, since: datetime
    ) -> Work | None:
        """Takes the first that waits, for `lease`; None: nobody waits. Two who ask at once get two, or one gets None."""

    async def hold(self, work: Work, actor: str, lease: timedelta) -> Work | None:
        """Takes this one, or keeps it for longer."""

    async def release(self, work: Work, actor: str) -> Work | None:
        """Back to the place where it stood."""

    async def move(self, work: Work, queue: str, rank: int) -> Work | None:
        """To another queue or rank; nobody may hold it."""

    async def leave(self, work: Work) -> Work | None:
        """Done without a decision: the client has gone, or a supervisor has ended it. Whoever held it holds it no more."""

    async def passed(self, work: Work, actor: str, step: str, result: dict[str, Any], seen: int) -> Problem | None:
        """The step is done with this result, and so is the work, together. `seen` is the case's revision as the member of
        staff saw it. A problem (`changed_meanwhile`, `step_not_open`, `not_held`): nothing has happened."""

    async def sent_back(
        self, work: Work, actor: str, step: str, reasons: Sequence[str], remark: str, seen: int
    ) -> Problem | None:
        """The client has to correct what the step's `reasons` name, and comes again. As with `passed`."""

    async def brief(self, work: Work, actor: str, language: str) -> Brief | None:
        """The case in full, for who holds it; None for everybody else."""

    async def sees(self, case: str, actor: str) -> str:
        """Why this member of staff sees the case in full just now: `review`, or what they have said they look for
        (`complaint`); "": they see it masked."""

    async def name(self, actor: str) -> str:
        """What a member of staff is called; "" when nobody knows."""

    async def note(self, case: str, actor: str, kind: str, data: Said) -> None:
        """Writes an event of the plugin's into the case's chain (`kind` as `video.recorded`): who, when, what. The case stays
        as it is, and pages that are open stay current. Staff read the plugin's word `video_recorded_event`, filled with
        `data`."""


@dataclass(frozen=True, slots=True)
class Line:
    """A question and what stands there: on file, and as the client wants it."""

    title: str
    before: tuple[str, ...] = field(repr=False)
    after: tuple[str, ...] = field(repr=False)
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A photo of the case by its file's id."""

    title: str
    file: str


@dataclass(frozen=True, slots=True)
class Why:
    """A reason to send the client back, with the pages that it reopens."""

    id: str
    text: str
    pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """What a member of staff is shown of the case that they hold. `options` are those of the step that waits."""

    number: str
    company: str
    business: str
    revision: int
    step: str
    options: Mapping[str, Any]
    client: str = field(repr=False)
    lines: tuple[Line, ...] = field(repr=False)
    photos: tuple[Sheet, ...]
    reasons: tuple[Why, ...]
    names: Mapping[str, object] = field(repr=False)
    kind: str = ""
    """Of that step: `video`. Whoever has gone back stands at one that staff have nothing to do with."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What one side has said to a box. `number` goes up; nothing personal but what is in `said`, which is sealed."""

    number: int
    said: Said = field(repr=False)
    at: datetime


class Post(Protocol):
    """Boxes of letters between processes: each kept for an hour, in order, read as often as one likes. `box` has at most
    120 letters, none of them personal."""

    async def send(self, box: str, said: Said) -> int | None:
        """The letter's number; None when 500 letters of the last hour lie in the box: the sender goes too fast."""

    async def after(self, box: str, number: int) -> Sequence[Letter]:
        """Those after this number, oldest first, at most 100."""

    async def wait(self, box: str, number: int, seconds: float) -> Sequence[Letter]:
        """As `after`, but waits so long for the first one. One of this process comes at once, as on PostgreSQL one of
        another does; on SQLite that comes within half a second."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a case. `size` in bytes."""

    id: str
    slot: str
    media_type: str
    size: int
    created_at: datetime


class CaseFiles(Protocol):
    """Files that a plugin keeps with a case, sealed under the case's key: recordings, snapshots. `slot` begins with the
    plugin's word (`video.…`). At most 20 MB each: longer ones in parts."""

    async def add(self, case: str, slot: str, media_type: str, content: bytes) -> Kept | None:
        """None: there is no such case any more."""

    async def read(self, case: str, id: str) -> bytes | None: ...

    async def of(self, case: str, slot: str = "") -> Sequence[Kept]:
        """Oldest first; with `slot` those whose slot begins so."""

    async def drop(self, case: str, id: str) -> bool: ...

    async def closed(self, case: str) -> datetime | None:
        """When the case came to its end; None while it is open, and when there is none."""


@dataclass(frozen=True, slots=True)
class Firm:
    """A company as its file says it now: what it is called, and its branches by code."""

    id: str
    short_name: str
    branches: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pointer:
    """A line on a case's page at the desk that leads to a counter. `title` and `note` are msgids, filled with `values`."""

    title: str
    href: str
    at: datetime | None = None
    note: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class Hung(Exception):
    """The other end of the wire is gone."""


class Wire(Protocol):
    """A WebSocket to a page, of somebody whom the platform knows. JSON objects of at most 64 kB each way."""

    async def hear(self, seconds: float | None = None) -> Said | None:
        """What the page says next; None when so many seconds went by in silence. Raises `Hung`; so does saying too much too
        fast (60 in 10 seconds), after the page has been told."""

    async def say(self, said: Said) -> None:
        """Raises `Hung`, also when the page does not take it for 20 seconds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a counter: the name of the plugin's template (without `.html`), its values, the modules of `static/` that it
    loads. `title` is a msgid."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    scripts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """A file to be seen at the desk. `part(from, to)` gives bytes; a browser that seeks asks for some of them (Range)."""

    media_type: str
    size: int
    part: Callable[[int, int], Awaitable[bytes]]
    name: str = ""


Answer = Said | Problem | None
"""JSON for the page, or a problem whose sentence it is told (422), or None: there is nothing here (404)."""


class Counter(ABC):
    """What a plugin does for staff, below `/desk/<path>/`. The platform has looked who it is, and that they have `right`; a
    POST comes from a page of ours. `path` of a page, call, file or wire is what follows, "" for the first page."""

    path: ClassVar[str] = ""
    right: ClassVar[str] = ""
    """One of `staff.RIGHTS`. Whoever lacks it finds nothing here."""
    title: ClassVar[str] = ""
    """What the desk's menu calls it, a msgid of the plugin's catalogue; "": it is not in the menu."""

    @abstractmethod
    async def page(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Shown | None:
        """A page; `asked` is what stands behind the question mark. None: there is none."""

    async def call(self, who: Colleague, path: str, said: Said) -> Answer:
        """A script of the page asks (POST, JSON)."""
        return None

    async def take(self, who: Colleague, path: str, said: Mapping[str, str], content: bytes) -> Answer:
        """A script hands over bytes (PUT, at most 8 MB); `said` is what stands behind the question mark."""
        return None

    async def file(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Stream | None:
        """A file, as part of a page."""
        return None

    async def talk(self, who: Colleague, path: str, wire: Wire) -> None:  # noqa: B027 - a counter may have no wire
        """A wire. It is hung up when this returns; `Hung` may be left alone."""
