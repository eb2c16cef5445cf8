"""What plugins bring in from outside: directories, gateways, imaging, actions, inquiries. Plugins take it from `banli.hooks`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from banli.errors import Problem
from banli.views import Flaw, Quad, Read, Wish

Clock = Callable[[], datetime]
"""The time in UTC, aware. Nothing below `app` asks the machine's own clock."""

Record = dict[str, Any]


class Unavailable(Exception):
    """The other system does not answer now: no connection, no answer in time, out of service. Try again later.

    `code` is stable and holds no personal data.
    """

    def __init__(self, code: str = "unavailable") -> None:
        super().__init__(code)
        self.code = code


class Undeliverable(Exception):
    """Nobody will ever get this message: there is no such number, or the carrier has it on a black list. Not tried again.

    `code` is stable and holds no personal data.
    """

    def __init__(self, code: str = "undeliverable") -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action: done, refused for good (a person must look), to be tried again later, or accepted and still
    being decided: then it is asked again after `after` seconds, however long that goes on."""

    state: str
    code: str = ""
    after: float = 60.0

    DONE: ClassVar[str] = "done"
    REFUSED: ClassVar[str] = "refused"
    LATER: ClassVar[str] = "later"
    PENDING: ClassVar[str] = "pending"


@dataclass(frozen=True, slots=True)
class Person:
    """A client as a directory knows them. `ref` is the directory's own key; `accounts` are kinds of accounts held."""

    ref: str
    accounts: tuple[str, ...]
    record: Record = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    content: bytes
    media_type: str


@runtime_checkable
class Directory(Protocol):
    """Where the company keeps its clients: the core system. All methods may raise `Unavailable`."""

    async def find(self, company: str, id_number: str) -> Person | None:
        """The client with this resident identity number, with the record on file, or None."""

    async def picture(self, company: str, ref: str, name: str) -> Picture | None:
        """A photo on file by its name in the record (`id_front`), or None."""

    async def update(self, company: str, ref: str, changes: Record, pictures: Mapping[str, Picture], key: str) -> Outcome:
        """Changes the record. The same `key` twice has one effect. A refusal has none, so its key may be used again."""


@runtime_checkable
class SmsGateway(Protocol):
    """Sends a text message. Raises `Unavailable` when it should be tried again, `Undeliverable` when that makes no sense."""

    async def send(self, phone: str, text: str, key: str = "") -> str:
        """Hands `text` to the carrier for `phone` (digits); the carrier's id of the message. The same `key` is the same message:
        a second try, not a second message. Without a key every call is a message of its own."""


@runtime_checkable
class CaptchaMaker(Protocol):
    """Draws and speaks what a person can read or hear and a program hardly can."""

    def draw(self) -> tuple[str, bytes]:
        """A fresh answer and its picture (PNG)."""

    def speak(self, answer: str, language: str) -> bytes:
        """The answer spoken (WAV)."""


@dataclass(frozen=True, slots=True)
class Developed:
    """What came of a photo. `original`: all of it, made anew from its pixels (upright, no EXIF); `view`: what is shown, None
    where that is the original itself. `quad` are corners in the original, `side` what the photo turned out to be; `flaws`
    gravest first."""

    original: Picture = field(repr=False)
    view: Picture | None = field(repr=False)
    quad: Quad | None = None
    turn: int = 0
    side: str = ""
    flaws: tuple[Flaw, ...] = ()


@runtime_checkable
class Imaging(Protocol):
    """Finds cards and signatures in photos, cuts them out upright, and says what is wrong with a photo. May raise `Unavailable`:
    a photo is then taken as it would be without, and the client goes on."""

    async def develop(self, content: bytes, wish: Wish) -> Developed | Problem:
        """What comes of these bytes, which anybody may have sent; or why there is no picture in them. With a `quad`, or
        `whole`, the picture is only shown another way: nothing is looked for, and there are no flaws."""


@runtime_checkable
class CardReader(Protocol):
    """An `Imaging` that also reads what is printed on the cards that it has cut upright. Asked afterwards, beside the page: the
    client has seen the photo by then."""

    async def read(self, card: bytes, side: str) -> Mapping[str, Read] | None:
        """What stands on the `view` of a photo, by one of `banli.definitions.readable.READABLE[side]`; what was not found is not
        there. None: it cannot be read now, and may be tried again."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What an action is given: which case, whose, what changed, and a key that makes repeating it safe.

    `answers` are the results of the steps by id; `item` is the one of `each` that this run is for. `rows` tells of each list
    with a key that changes, by its name, which rows were added, changed (`{"before": …, "after": …}`) and removed.
    """

    company: str
    case: str
    number: str
    key: str
    record: Record
    changes: Record
    options: Mapping[str, Any]
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    item: str = ""
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    """By code the texts that the kind `says`, in the words of company, environment and business, filled in."""

    def named(self, name: str) -> str:
        """The value of `client.x` or `step.field` as a text, "" for none. What is on file goes before what the case changes: who
        owned a number or an address so far hears of it too."""
        group, _, rest = name.partition(".")
        if group == "client":
            return str(self.record.get(rest) or self.changes.get(rest) or "")
        return str(self.answers.get(group, {}).get(rest) or "")

    @staticmethod
    def naming(what: str, default: str) -> dict[str, str]:
        """The JSON Schema of a setting for `named`."""
        return {
            "type": "string",
            "pattern": r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$",
            "description": f"{what}: client.x, as on file when the case began, or step.field, an answer. Default: {default}.",
            "default": default,
        }


class ActionKind(ABC):
    """Something that happens outside once a case gets somewhere. `options` are JSON Schema properties; `refers` says of
    some what they hold, as with steps: an option that is a `text` comes filled in, in the client's language."""

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[Sequence[str]] = ()
    refers: ClassVar[Mapping[str, str]] = {}
    says: ClassVar[Sequence[str]] = ()
    """Codes of texts that it needs besides: they come with the errand."""

    @abstractmethod
    async def run(self, errand: Errand) -> Outcome:
        """Does it, at least once; `errand.key` is the same at every try. `Unavailable` means: later."""


@dataclass(frozen=True, slots=True)
class Question:
    """What an inquiry is given: whose case it is. `ref` is the directory's key of the client ("": none yet)."""

    company: str
    ref: str
    number: str
    record: Record
    options: Mapping[str, Any]


class InquiryKind(ABC):
    """Asks another system about a client. `answers` are the JSON Schemas of what it tells, by name."""

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    required: ClassVar[Sequence[str]] = ()
    answers: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @abstractmethod
    async def ask(self, question: Question) -> Mapping[str, object]:
        """What the system says now. May raise `Unavailable`."""
