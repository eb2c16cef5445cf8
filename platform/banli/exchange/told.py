"""Collects what an import or export has to tell: each thing with its JSON pointer, what, and the cure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from banli.errors import Mistake, Place

Pointer = tuple[str | int, ...]
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff]")


def pointer_text(pointer: Pointer) -> str:
    """As RFC 6901 writes it in a fragment: `#/properties/a~1b`. Blanks and control characters are escaped, Chinese is not."""
    parts = (_UNSEEN.sub(_escape, str(part).replace("~", "~0").replace("/", "~1")) for part in pointer)
    return "#" + "".join(f"/{part}" for part in parts)


def quoted(value: object, most: int = 60) -> str:
    """A value of somebody's file inside a sentence: short, on one line."""
    text = _UNSEEN.sub(lambda found: " " if found[0] in " \n\t" else "?", str(value))
    return f"'{text[:most]}{'…' if len(text) > most else ''}'"


def _escape(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


@dataclass
class Told:
    """`label` names the document in front of the pointer. The same thing is told once."""

    label: str = ""
    mistakes: list[Mistake] = field(default_factory=list)
    base: Pointer = ()

    def say(self, pointer: Pointer, code: str, what: str, cure: str = "") -> None:
        mistake = Mistake(Place(f"{self.label}{pointer_text((*self.base, *pointer))}"), code, what, cure)
        if mistake not in self.mistakes:
            self.mistakes.append(mistake)

    def of(self, label: str) -> Told:
        """Tells into the same list, of another document."""
        return Told(label, self.mistakes)

    def below(self, pointer: Pointer) -> Told:
        """Tells into the same list, of a part of this document."""
        return Told(self.label, self.mistakes, (*self.base, *pointer))
