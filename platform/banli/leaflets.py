"""What a dossier is made of: values before and after, photos, texts, happenings, deliveries, reasons to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from banli.views import View

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A value of the client's record: as on file, and as it is to be. Empty lines: nothing there."""

    name: str
    title: str
    before: Lines = field(repr=False)
    after: Lines = field(repr=False)
    changed: bool
    hidden: bool
    items: tuple[Item, ...] = field(default=(), repr=False)
    """Of a list that changes its rows, one by one."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of a list, or a part of an object: before and after. `state` is same, changed, added or removed."""

    state: str
    before: Lines = field(repr=False)
    after: Lines = field(repr=False)


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo: the file's id as on file and as it is to be ("" for none). Where what is to be was cut out of a larger picture,
    `view` says how, and `original` is that picture's file."""

    name: str
    title: str
    before: str
    after: str
    view: View | None = None
    last: str = ""
    """As it was when the case was submitted the last time, where a return has come between and it is another one now."""

    @property
    def original(self) -> str:
        return self.view.original if self.view is not None else ""

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Correction:
    """What has come of an answer since the case was returned. `asked`: staff wanted it corrected; `page`: it is about a whole
    page, and has no lines."""

    title: str
    was: Lines = field(repr=False)
    now: Lines = field(repr=False)
    asked: bool
    changed: bool
    photo: bool = False
    page: bool = False


@dataclass(frozen=True, slots=True)
class Since:
    """A case that was returned and submitted again: who returned it and why, and what has come of it."""

    at: datetime
    who: str
    reasons: Lines
    remark: str
    corrections: tuple[Correction, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flag:
    """Something unusual that the client was asked about and confirmed."""

    title: str
    text: str
    unchanged: bool = False
    """Confirmed as it was after a reviewer had returned it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a program has read on a photo, and what is to be on file (`now`). `state`: same, differs, doubtful (it was not read
    for certain, and is not what is to be on file) or missing (nothing is on file); `confirmed`: the client was asked about it."""

    title: str
    photo: str
    read: Lines = field(repr=False)
    now: Lines = field(repr=False)
    state: str
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text that the client agreed to: which number, which digest, on which page (`where` "" : when signing in), when."""

    title: str
    number: str
    digest: str
    where: str
    at: datetime
    paper: str = ""
    """Where its signed PDF is: `step.row`; "" where there is none."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A number that the client has proved to hold by a code sent to it."""

    title: str
    to: str = field(repr=False)
    where: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: `kind` names its sentence, `words` fill it. `who` is client, system, or somebody's name with `staff`."""

    at: datetime
    kind: str
    who: str
    staff: bool
    words: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An action after the approval. `state` is waiting, later, failed or done; `code` says why not done."""

    action: str
    kind: str
    state: str
    code: str = ""
    attempts: int = 0
    next_at: datetime | None = None

    @property
    def can_retry(self) -> bool:
        return self.state in ("later", "failed")


@dataclass(frozen=True, slots=True)
class Choice:
    """A reason that can be chosen, with the pages (and questions) that it opens again."""

    id: str
    text: str
    pages: Lines = ()
