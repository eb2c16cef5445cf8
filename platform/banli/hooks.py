"""All that a plugin can add, on one page. Built-in kinds come through the same classes.

A plugin is a package with an entry point in the group `banli.plugins` that names a subclass of `Plugin`. Installed is
available; listed in `site.yaml` is active.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

from banli.counters import CaseFiles, Colleague, Counter, Firm, Pointer, Post, Wire, Works
from banli.errors import Problem
from banli.expressions import Function
from banli.fields import FieldKind
from banli.hours import Hours
from banli.mails import Mail as Mail
from banli.mails import MailGateway as MailGateway
from banli.outside import ActionKind as ActionKind
from banli.outside import CaptchaMaker as CaptchaMaker
from banli.outside import CardReader as CardReader
from banli.outside import Clock as Clock
from banli.outside import Developed as Developed
from banli.outside import Directory as Directory
from banli.outside import Errand as Errand
from banli.outside import Imaging as Imaging
from banli.outside import InquiryKind as InquiryKind
from banli.outside import Outcome as Outcome
from banli.outside import Person as Person
from banli.outside import Picture as Picture
from banli.outside import Question as Question
from banli.outside import Record as Record
from banli.outside import SmsGateway as SmsGateway
from banli.outside import Unavailable as Unavailable
from banli.outside import Undeliverable as Undeliverable
from banli.statements import Drafts as Drafts
from banli.statements import Exhibit as Exhibit
from banli.statements import Prepared as Prepared
from banli.statements import Statement as Statement
from banli.statements import ToSign as ToSign
from banli.steps import StepKind
from banli.views import Flaw as Flaw
from banli.views import Quad as Quad
from banli.views import Read as Read
from banli.views import Wish as Wish


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in a plugin's ledger. `mark` tells which state of it was read."""

    kind: str
    name: str
    owner: str
    document: Record = field(repr=False)
    created_at: datetime
    mark: object = field(default=None, repr=False, compare=False)


class Ledger(Protocol):
    """A plugin's own records in the site's database: sealed, seen by all processes, kept until it drops them.

    `kind` has at most 40 letters, `name` and `owner` 120; none of the three is sealed, so no personal value stands in them (a
    client is `Place.client`, a keyed hash).
    """

    async def get(self, kind: str, name: str) -> Entry | None: ...

    async def of(self, kind: str, owner: str, past: Entry | None = None) -> Sequence[Entry]:
        """Those of an owner, newest first, at most 200; with `past`, the last of one list, those that follow."""

    async def add(self, kind: str, name: str, owner: str, document: Record) -> Entry | None:
        """None when there is an entry of this kind and name already."""

    async def change(self, entry: Entry, document: Record) -> Entry | None:
        """None when somebody has changed or dropped the entry since it was read: read it again and think again."""

    async def drop(self, entry: Entry) -> bool:
        """False when somebody was quicker."""


@dataclass(frozen=True, slots=True)
class Home:
    """What a plugin is given to live with: a folder of its own, the clock, whether this is a demo, the definitions; and, only
    while an application runs, its records, the work for staff, its letters, and the files of cases."""

    folder: Path
    clock: Clock
    demo: bool
    definitions: Path
    ledger: Ledger | None = None
    works: Works | None = None
    post: Post | None = None
    files: CaseFiles | None = None
    firms: Callable[[], Mapping[str, Firm]] = dict


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is: at a step, in a case. `client` is the keyed hash of who; `names` is what conditions know."""

    company: str
    client: str
    case: str
    number: str
    business: str
    edition: str
    step: str
    options: Mapping[str, Any]
    record: Record = field(repr=False)
    names: Mapping[str, object] = field(repr=False)
    answers: Mapping[str, Mapping[str, Any]] = field(repr=False)
    holds: Callable[[str], bool] = field(default=lambda text: False, repr=False, compare=False)
    """Is this true here? For the conditions among the step's own options."""
    hours: Hours | None = field(default=None, repr=False, compare=False)
    """When the step can be done: its own hours, else those of the business; None: always."""
    done: bool = False
    """Is the step answered already? Its client has come back to look."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call: `said` goes back to the page's script as JSON. With a `result` the step is done and the client goes
    on; with a `problem` nothing has happened, and its sentence is told."""

    said: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    result: Record | None = None


class Attendant(ABC):
    """What a plugin does while a client is at a step of its kind, whose page talks to it.

    Every call comes from the client of the case, while the step is open to them. A call may come twice, and what it
    has led to may not have reached the case (somebody was quicker): so it must bear being repeated.
    """

    step: ClassVar[str] = ""
    """The name of the step kind."""
    scripts: ClassVar[Sequence[str]] = ()
    """Modules of the plugin's `static/` that the page loads."""
    after_hours: ClassVar[Sequence[str]] = ()
    """Calls that are answered although the step's own hours are over: to ask for a place tomorrow."""
    parcels: ClassVar[Mapping[str, int]] = {}
    """What the page hands over in parts, by name at most how many bytes: `inParts` of `upload.js` to `…/sent/<name>/parts`."""

    @abstractmethod
    async def page(self, place: Place) -> Mapping[str, Any]:
        """The values of the step's template. May raise `Unavailable`."""

    async def call(self, place: Place, name: str, said: Mapping[str, Any]) -> Reply | None:
        """Answers the page's script: `said` is a JSON object that anybody may have written. None: there is no such call.
        May raise `Unavailable`."""
        return None

    async def take(self, place: Place, name: str, content: bytes) -> Reply | None:
        """All of a parcel has come, whole. It may come twice. Answered like a call."""
        return None

    async def talk(self, place: Place, wire: Wire) -> None:  # noqa: B027 - a step may have no wire
        """The page's wire, opened by `wire()` of `wire.js`; hung up when this returns. `place` is what it was when the wire was
        opened; while it is open the client counts as being at work. `Hung` may be left alone."""


Box = tuple[float, float, float, float]
"""Left, lower, right and upper edge on the first page, in points from its lower left corner."""


class Unfit(Exception):
    """This PDF cannot be signed: it is broken, locked, or of a kind that takes no signature."""


class Binder(Protocol):
    """Signs texts as PDFs too: the client's own signature inside the file, and the company's seal over it."""

    fonts: Path | None
    """A folder with fonts for drawing, besides those of the machine."""

    async def prepare(self, pdf: bytes, box: Box | None) -> Prepared:
        """With an empty place for the client's signature, to be seen at `box` (None: nowhere). May raise `Unfit`."""

    async def finish(self, prepared: bytes, signature: Record) -> bytes:
        """With the client's signature (a value of `Signer.judge` that has `pdf`), without any time stamp."""

    async def seal(self, prepared: bytes, signature: Record) -> bytes:
        """With the client's signature, time stamps, and the company's seal. May raise `Unavailable`."""

    async def vouch(self, content: bytes) -> bytes:
        """The company's seal over bytes that are no PDF (CMS, RFC 5652), with a time stamp. May raise `Unavailable`."""


class Signer(ABC):
    """Signs agreements in the client's name: `agreements: {list: …, sign: <name>}`.

    Every call comes from the client of the case while the step is open to them, and may come twice. A signer keeps what was
    signed until the step is answered; then `judge` hands it over, or says with a code why not.
    """

    name: ClassVar[str] = ""
    scripts: ClassVar[Sequence[str]] = ()
    """Modules of the plugin's `static/` that the page loads."""
    template: ClassVar[str] = ""
    """What stands below the list of agreements: `<plugin>/<page>`, with `page.signer` from `page()`."""
    needs: ClassVar[str] = ""
    """The kind of step that has to come before, or who has no certificate yet could not go on."""

    @abstractmethod
    async def page(self, place: Place, papers: ToSign) -> Mapping[str, Any]:
        """The values of the template. May raise `Unavailable`."""

    @abstractmethod
    async def call(self, place: Place, papers: ToSign, name: str, said: Mapping[str, Any]) -> Reply | None:
        """Answers the page's script, as with an `Attendant`; a signer's replies have no `result`. May raise `Unavailable`."""

    @abstractmethod
    async def judge(self, place: Place, papers: ToSign) -> Mapping[str, Record] | str:
        """By row what was signed, or the code of a problem. Of each: `statement` (the text that was signed), `signature`
        (base64), `key`, `serial` (of the certificate) and `at` (ISO); where its PDF was signed too, `pdf` with the draft's
        `digest` and the `signature` inside it (base64). May raise `Unavailable`."""

    def binder(self) -> Binder | None:
        """Who makes signed PDFs of the texts; None: the statements are all there is."""
        return None

    async def used(self, place: Place) -> None:  # noqa: B027 - a signer may keep nothing
        """The step is done: what was kept for it serves no more."""


class Plugin:
    """The base of every plugin: override what you add. Made once per application with its checked options."""

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    """JSON Schema properties of the plugin's settings in `site.yaml`."""
    required: ClassVar[Sequence[str]] = ()
    needs: ClassVar[Mapping[str, str]] = {}
    """Modules without which it cannot work, each with the extra that brings it: `{"cv2": "banli[imaging]"}`. Where one is not
    there, a site that lists the plugin with `optional: true` does without it."""
    words: ClassVar[Mapping[str, str]] = {}
    """The problems that only its kinds tell and the words of its pages, by code, in English: msgids of its catalogue. `texts` in
    `site.yaml` and so on can word each anew, so a code begins with the plugin's own word."""

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        self.settings, self.home = options, home

    def left_out(self) -> Sequence[str]:
        """Parts of it that its settings list as optional and that cannot work here, each in a sentence for the operator."""
        return ()

    def fields(self) -> Sequence[FieldKind]:
        return ()

    def steps(self) -> Sequence[StepKind]:
        return ()

    def actions(self) -> Sequence[ActionKind]:
        return ()

    def inquiries(self) -> Sequence[InquiryKind]:
        return ()

    def attendants(self) -> Sequence[Attendant]:
        return ()

    def signers(self) -> Sequence[Signer]:
        return ()

    def functions(self) -> Mapping[str, Function]:
        """Functions for conditions; each pure and quick."""
        return {}

    def facts(self) -> Mapping[str, Mapping[str, Any]]:
        """Names that conditions may use, each with its JSON Schema: `{"certificate.valid": {"type": "boolean"}}`."""
        return {}

    async def know(self, company: str, client: str) -> Mapping[str, object]:
        """The facts of one client, now."""
        return {}

    async def evidence(self, signatures: Sequence[Record]) -> Sequence[Exhibit]:
        """What proves these signatures of one case, as `Signer.judge` handed them over. May raise `Unavailable`."""
        return ()

    async def seal(self, content: bytes) -> bytes | None:
        """The company's seal over these bytes (CMS, RFC 5652), with a time stamp. May raise `Unavailable`."""
        return None

    def directory(self) -> Directory | None:
        return None

    def sms(self) -> SmsGateway | None:
        return None

    def mail(self) -> MailGateway | None:
        return None

    def captcha(self) -> CaptchaMaker | None:
        return None

    def imaging(self) -> Imaging | None:
        return None

    def counters(self) -> Sequence[Counter]:
        """What it has for staff."""
        return ()

    def frames(self) -> Sequence[str]:
        """Origins whose pages it shows in a frame, with camera and microphone: `https://rtc.vendor.example`."""
        return ()

    async def shown_at_desk(self, case: str) -> Sequence[Pointer]:
        """What the desk's page of this case (by its id) points to. May raise `Unavailable`."""
        return ()

    def pages(self) -> Sequence[Page]:
        """Pages of the plugin's own below `/plugins/<name>/`; served in a demo only unless a page says otherwise."""
        return ()

    def services(self) -> Sequence[Service]:
        """What machines ask of the plugin below `/plugins/<name>/`, in production too."""
        return ()

    async def sweep(self) -> Mapping[str, int]:
        """Called once a day while the application runs, in one of its processes: what is over goes. How much of each, for the
        log. May raise anything; it is called again within the hour."""
        return {}

    async def rehearse(self, staff: Sequence[Colleague]) -> None:
        """In a demo, at each start: its sample staff are there."""

    async def start(self) -> None:
        """Called before the first request."""

    async def stop(self) -> None:
        """Called after the last."""

    async def check(self) -> str:
        """Why the plugin could not work now, in a sentence for the operator; "" when it could."""
        return ""


@dataclass(frozen=True, slots=True)
class Service:
    """An address for machines: `answer` gets what was posted (b"" for GET), at most `most` bytes of it, and gives what goes
    back with its media type. Anybody may ask: nothing in the answer is secret, and nothing changes."""

    path: str
    answer: Callable[[bytes], Awaitable[Picture]]
    most: int = 4096


@dataclass(frozen=True, slots=True)
class Page:
    """A small page of a plugin: `show` gets the query's fields and gives the template its values; `change` gets what was
    posted and gives the query of the page that follows. The template shows a time by `at(time)`, as the companies' clocks do."""

    path: str
    template: str
    show: Callable[[Mapping[str, str]], Awaitable[Mapping[str, Any]]]
    change: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]] | None = None
    in_production: bool = False
