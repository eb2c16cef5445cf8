"""The step in which agreements are read and agreed to, and after a change only what has changed is read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from banli.definitions.model import Agreement, Listed, Step
from banli.definitions.placeholders import named_in
from banli.errors import Problem
from banli.fields import Awaited, Raw, Verdicts
from banli.steps.base import Answered, Book, Data, Sight, StepKind

_OURS = frozenset({"read", "shown", "at", "seconds"})
"""What only we may put into the draft of this step: that a text was read, when it was shown first, when it was read, and for how
long."""

SIGNED = "signature"
"""What a step with `sign` waits for: by row what was signed, or the code of a problem."""

ENTERED = "@data"
"""The row under which the client signs what they have entered. No row of a list can have such an id."""

News = Literal["", "new", "changed", "same"]
"""How a text stands to what the client has agreed to before; "" where nothing was agreed to before."""


@dataclass(frozen=True, slots=True)
class Mark:
    """This row was read, with this very text. Times are ISO, or "" where nobody told them; so are whole `seconds` of reading."""

    row: str
    digest: str
    shown: str = ""
    at: str = ""
    seconds: str = ""

    def __str__(self) -> str:
        return " ".join((self.row, self.digest, *(told or "-" for told in (self.shown, self.at, self.seconds))))

    @classmethod
    def of(cls, text: str) -> Mark | None:
        parts = text.split(" ")
        return cls(*("" if part == "-" else part for part in parts)) if len(parts) in (4, 5) else None


class Agreements(StepKind):
    """A company's list of agreements: each is opened and read, all are agreed to with one tick (R-102 to R-108).

    The draft keeps what was read (`read`: a `Mark` for each row). The result holds number and digest of each text, so that it
    is stale when the list or a text changes; what was agreed to before and is the same need not be read again. With `sign`
    a plugin's signer signs each text and what was entered, in the client's name (`signatures` in the result).
    """

    name = "agreements"
    options: ClassVar[Mapping[str, Any]] = {
        "list": {"type": "string", "description": "The agreement list."},
        "heading": {"type": "string", "description": "Above the list."},
        "sign": {"type": "string", "minLength": 1, "description": "Who signs for the client: a signer that a plugin offers."},
        "handwriting": {
            "type": "string",
            "minLength": 1,
            "description": "A photo on file that is shown as the signature in signed PDFs: client.signature.",
        },
        "tick": {"type": "string", "description": "The words beside the tick."},
        "button": {"type": "string", "description": "The words on the button."},
    }
    required = ("list",)
    refers: ClassVar[Mapping[str, str]] = {
        "list": "agreement_list", "heading": "text", "tick": "text", "button": "text", "sign": "signer",
        "handwriting": "photo",
    }  # fmt: skip
    template = "agreements"
    rests_on_all = True

    def signer(self, step: Step) -> str:
        """Who signs, or "": the tick alone counts."""
        return str(step.options.get("sign", ""))

    def rows(self, step: Step, book: Book, names: Mapping[str, object]) -> tuple[tuple[str, Listed], ...]:
        """The rows that apply, each with the id that tells it from a row of the same title (R-106)."""
        listed = book.lists[str(step.options["list"])]
        owner = f"list {listed.id}"
        return tuple((row.id, row) for row in listed.items if not row.when or book.condition(owner, row.when).holds(names))

    def news(self, step: Step, book: Book, sight: Sight) -> dict[str, News]:
        """By row how its text stands to what was agreed to before."""
        before = self._agreed(sight)
        known = {agreement for agreement, _ in before}
        found: dict[str, News] = {}
        for row_id, row in self.rows(step, book, sight.names):
            text = book.agreements[row.agreement]
            same = (text.id, digest_of(text, sight.names)) in before
            found[row_id] = "" if not before else "same" if same else "changed" if text.id in known else "new"
        return found

    def marks(self, step: Step, book: Book, sight: Sight) -> dict[str, Mark]:
        """By row what the draft says was read; a mark of another text does not count."""
        rows = dict(self.rows(step, book, sight.names))
        told = (Mark.of(text) for text in (sight.draft or {}).get("read", ()))
        return {
            mark.row: mark
            for mark in told
            if mark is not None
            and mark.row in rows
            and mark.digest == digest_of(book.agreements[rows[mark.row].agreement], sight.names)
        }

    def read_already(self, step: Step, book: Book, sight: Sight) -> frozenset[str]:
        """The rows that need not be read any more: read in this draft, or agreed to before with the very same text."""
        same = (row for row, news in self.news(step, book, sight).items() if news == "same")
        return frozenset((*self.marks(step, book, sight), *same))

    def answer(
        self, step: Step, book: Book, sight: Sight, raw: Raw, verdicts: Verdicts | None, confirmed: frozenset[str]
    ) -> Answered:
        rows, done = self.rows(step, book, sight.names), self.read_already(step, book, sight)
        unread = [row_id for row_id, _ in rows if row_id not in done]
        problems = []
        if unread:
            problems.append(Problem("read", "read_first", {"count": len(unread)}))
        if (raw.get("agree") or ("",))[0] != "true":
            problems.append(Problem("agree", "agree_first"))
        news, marks = self.news(step, book, sight), self.marks(step, book, sight)
        texts = [{**text, **({"kept": True} if news[text["id"]] == "same" else {})} for text in self._texts(step, book, sight)]
        records = tuple(
            {"kind": "read", "at": text["id"], "agreement": text["agreement"], "number": text["number"],
             "digest": text["digest"], "shown": marks[text["id"]].shown, "read": marks[text["id"]].at,
             "seconds": int(marks[text["id"]].seconds or 0)}
            for text in texts
            if text["id"] in marks
        )  # fmt: skip
        data: Data = {"agreements": texts, "agreed": True}
        if not self.signer(step):
            return Answered(data, tuple(problems), records=records)
        if verdicts is None:
            return Answered(data, tuple(problems), (Awaited("", SIGNED, "", purpose=self.signer(step)),), records=records)
        signed = verdicts.get(SIGNED)
        if not isinstance(signed, Mapping):
            return Answered(data, (*problems, Problem("", str(signed or "signature_missing"))), records=records)
        data["signatures"] = [{**signed[row], "row": row} for row in sorted(signed)]
        records += tuple(
            {"kind": SIGNED, "at": one["row"], "serial": one.get("serial", ""), "signed": one.get("at", "")}
            for one in data["signatures"]
        )
        return Answered(data, tuple(problems), records=records)

    def fill(self, step: Step, book: Book, sight: Sight) -> Raw:
        ticked = self.signer(step) and (sight.draft or {}).get("agree") == [self._ticked(step, book, sight)]
        return {"read": sorted(self.read_already(step, book, sight)), **({"agree": ["true"]} if ticked else {})}

    def draft(self, step: Step, book: Book, sight: Sight, raw: Raw) -> Raw:
        # What was read stays read, also when the page is left by a post that does not mention it.
        rows, marks = dict(self.rows(step, book, sight.names)), self.marks(step, book, sight)
        told = [(raw.get(name) or ("",))[0] for name in ("shown", "at", "seconds")]
        done = self.read_already(step, book, sight)
        for row in raw.get("read", ()):
            if row in rows and row not in done:
                marks[row] = Mark(row, digest_of(book.agreements[rows[row].agreement], sight.names), *told)
        kept = {"read": [str(marks[row]) for row in sorted(marks)]}
        if not self.signer(step):
            return kept
        # Who has to leave for a new certificate finds the tick again, for these texts. A text that is noted as read says nothing
        # of the tick.
        ticked = (raw.get("agree") or ("",))[0] == "true"
        agree = [self._ticked(step, book, sight)] if ticked else (sight.draft or {}).get("agree", ()) if "read" in raw else ()
        return {**kept, "agree": list(agree)} if agree else kept

    def basis(self, step: Step, book: Book, names: Mapping[str, object]) -> object:
        texts = self._texts(step, book, Sight(names))
        return {"texts": texts, "sign": self.signer(step)} if self.signer(step) else texts

    def uses(self, step: Step, book: Book) -> frozenset[str]:
        listed = book.lists[str(step.options["list"])]
        named = (book.condition(f"list {listed.id}", row.when).names for row in listed.items if row.when)
        return frozenset().union(*named)

    def _texts(self, step: Step, book: Book, sight: Sight) -> list[Data]:
        """What is agreed to, by row; `filled` tells apart texts that are filled with other answers."""
        found = []
        for row_id, row in self.rows(step, book, sight.names):
            text, told = book.agreements[row.agreement], digest_of(book.agreements[row.agreement], sight.names)
            one = {"id": row_id, "agreement": text.id, "title": text.title, "number": text.number, "digest": text.digest}
            found.append(one if told == text.digest else {**one, "filled": told})
        return found

    def _ticked(self, step: Step, book: Book, sight: Sight) -> str:
        """A tick counts for the very texts beside which it stood."""
        return hashlib.sha256(json.dumps(self._texts(step, book, sight), sort_keys=True).encode()).hexdigest()

    def _agreed(self, sight: Sight) -> set[tuple[str, str]]:
        """The texts that the earlier result agreed to: agreement and digest as filled."""
        told = (sight.result or {}).get("agreements", ())
        return {(one["agreement"], one.get("filled", one["digest"])) for one in told}


def sayable(kind: StepKind, raw: Raw) -> Raw:
    """What a page may say as a draft. That an agreement was read is never taken from a posted list of names."""
    return {name: texts for name, texts in raw.items() if name not in _OURS} if isinstance(kind, Agreements) else raw


def digest_of(text: Agreement, names: Mapping[str, object]) -> str:
    """The digest of the text; of one that says answers of the case, together with these answers. What is on file when the
    case begins stays the same in a case, so it tells nothing apart."""
    said = {name: names[name] for name in sorted(named_in(text.text)) if name in names and not name.startswith("client.")}
    if not said:
        return text.digest
    return hashlib.sha256(f"{text.digest} {json.dumps(said, ensure_ascii=False, default=str)}".encode()).hexdigest()
