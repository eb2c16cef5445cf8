"""What a client signs with a key of their own: statements in one form only, so that each side can make them again."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a client signs for one agreement of a list, or (row `@data`) for what they have entered.

    `said` is all that is stated but for the time and the nonce of the offer; `digest` is the SHA-256 of the text as shown.
    """

    row: str
    title: str
    number: str
    digest: str
    said: Record = field(repr=False)

    def content(self, at: str, nonce: str, pdf: str = "") -> bytes:
        """Exactly what is signed: canonical JSON (sorted keys, no spaces, UTF-8). `pdf` is the digest of the text's `Drafts`."""
        return canonical({**self.said, **({"pdf": pdf} if pdf else {}), "at": at, "nonce": nonce})

    def same(self, content: str) -> bool:
        """Does a statement that was made before say this still? When it was offered, in which edition and language, in which
        PDF, and what the step is called there do not matter: the text itself is told by its digest."""
        try:
            told = json.loads(content)
        except ValueError:
            return False
        return isinstance(told, dict) and _lasting(told) == _lasting(json.loads(canonical(self.said)))


_PASSING = frozenset({"at", "nonce", "edition", "language", "step", "pdf"})


def _lasting(said: Record) -> Record:
    return {name: value for name, value in said.items() if name not in _PASSING}


def canonical(value: object) -> bytes:
    """The value as JSON of which there is one form only."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


@dataclass(frozen=True, slots=True)
class Drafts:
    """The PDFs that wait for the client's signature: by row the SHA-256 (hex) over all of the file but the signature's place.
    `coming` is how many are still being drawn. A row in neither has no PDF: it could not be made, or nothing makes any."""

    ready: Mapping[str, str] = field(default_factory=dict)
    coming: int = 0


async def no_drafts() -> Drafts:
    return Drafts()


@dataclass(frozen=True, slots=True)
class ToSign:
    """The statements that the client has to sign here and now; what was signed before and holds is not among them. `round`
    changes when a reviewer wants all of them signed anew. `drafts` looks for the PDFs, and has those drawn that are not there."""

    statements: tuple[Statement, ...]
    kept: int = 0
    round: str = ""
    drafts: Callable[[], Awaitable[Drafts]] = field(default=no_drafts, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A PDF with an empty place for the client's signature. `digest` as in `Drafts`."""

    content: bytes = field(repr=False)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A file of the evidence of a case. Those who check it know the kinds certificate and chain (X.509, PEM; of the chain the
    one that issues first and the root last), office (those of the company's seal and of its time stamps, PEM), crl and ocsp
    (DER); any other has only its SHA-256 checked."""

    name: str
    kind: str
    content: bytes = field(repr=False)
