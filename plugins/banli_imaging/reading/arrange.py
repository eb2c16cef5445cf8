"""Which words are which field: by the labels, by the order of the rows, and where both are not seen by the place on the card."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from banli_imaging.geometry import CARD_WIDE
from banli_imaging.reading.lines import Box, Line, Mark

WIDE = CARD_WIDE + 2.0
"""Millimetres from side to side of an upright picture: the card and the margin that is kept around it."""
VALUES, PORTRAIT, NATION, ISSUED = 14.6, 53.5, 35.2, 34.5
"""Where about, in millimetres from the left, the column of values begins, that of the portrait, the ethnicity, and on the other
side the values."""
TALLEST = 6.4
"""Millimetres: higher than any line of the front, and than the lower lines of the back."""
LABELS = {"name": "姓名", "sex": "性别", "birth": "出生", "address": "住址", "number": "公民身份号码"}

_DIGITS = re.compile(r"[0-9Xx]")
_BORN = re.compile(r"[0-9]{4}\D{0,2}年|年\D{0,2}[0-9]{1,2}\D{0,2}月|月\D{0,2}[0-9]{1,2}\D{0,2}日")


@dataclass(frozen=True, slots=True)
class Row:
    """Words that stand on one line, as one."""

    marks: tuple[Mark, ...]
    box: Box

    @property
    def text(self) -> str:
        return "".join(mark.text for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Piece:
    """The characters of one line of a field, and the box around nothing but them."""

    marks: tuple[Mark, ...]
    box: Box

    @property
    def text(self) -> str:
        return "".join(mark.text for mark in self.marks)


def front(lines: Sequence[Line], wide: float) -> dict[str, tuple[Piece, ...]]:
    """By field the pieces of the side with the portrait; `wide` is that of the picture in pixels."""
    unit = wide / WIDE
    rows = _rows([line for line in lines if line.box.high <= TALLEST * unit], unit)
    number = _best(rows, lambda row: len(_DIGITS.findall(row.text)) + 2 * _labelled(row), 12) or _best(rows, _labelled, 3)
    above = [row for row in rows if (number is None or row.box.middle < number.box.middle) and row is not number]
    above = [cut for row in above if (cut := _cut(row, 0, PORTRAIT * unit)) is not None]
    found: dict[str, tuple[Piece, ...]] = {}
    if number is not None:
        found["number"] = (_number(number, wide, unit),)
    born = _best(above, lambda row: len(_BORN.findall(row.text)) * 2 + _starts(row, LABELS["birth"]), 2)
    upper = [row for row in above if born is None or row.box.middle < born.box.middle - unit]
    sex = _best(upper, lambda row: _starts(row, LABELS["sex"]) + 2 * ("民" in row.text) + 2 * ("族" in row.text), 2)
    upper = [row for row in upper if sex is None or row.box.middle < sex.box.middle - unit]
    name = _best(upper, lambda row: 1 + 3 * _starts(row, LABELS["name"]) + len(row.marks) / 20, 1)
    edge = _edge([row for row in (sex, born, name, *above) if row is not None], unit)
    if name is not None and (piece := _right_of(name, edge)) is not None:
        found["name"] = (piece,)
    if sex is not None:
        found |= _sex_and_nation(sex, edge, unit)
    if born is not None and (piece := _right_of(born, edge)) is not None:
        found["birth"] = (piece,)
    if born is not None:
        found["address"] = tuple(_address([row for row in above if row.box.middle > born.box.middle + 2.5 * unit], edge, unit))
    return {field: pieces for field, pieces in found.items() if pieces}


def back(lines: Sequence[Line], wide: float) -> dict[str, tuple[Piece, ...]]:
    """The same of the side with the emblem."""
    unit = wide / WIDE
    rows = _rows([line for line in lines if line.box.high <= TALLEST * unit], unit)
    found: dict[str, tuple[Piece, ...]] = {}
    term = _best(rows, lambda row: len(_DIGITS.findall(row.text)) + 4 * ("长期" in row.text or "期限" in row.text), 8)
    if term is not None:
        first = next((n for n, mark in enumerate(term.marks) if mark.text.isdigit()), None)
        if first is not None:
            found["validity"] = (_piece(term, term.marks[first:]),)
    above = [row for row in rows if term is None or row.box.middle < term.box.middle - 2 * unit]
    issued = _best(above, lambda row: 4 * ("机关" in row.text or "签发" in row.text) + 2 * ("公安" in row.text), 2)
    if issued is not None:
        found["authority"] = _authority(above, issued, unit)
    return found


def _authority(rows: Sequence[Row], labelled: Row, unit: float) -> tuple[Piece, ...]:
    """A long name goes on on a second line, above or below the one with the label."""
    label = max(labelled.text.find("机关") + 2, labelled.text.find("签发") + 4 if "签发" in labelled.text else 1)
    marks = labelled.marks[label:] if label > 1 else tuple(mark for mark in labelled.marks if mark.at > ISSUED * unit)
    left = (marks[0].at if marks else (ISSUED + 3) * unit) - 3 * unit
    near = []
    for row in rows:
        if row is labelled and marks:
            near.append(_piece(row, marks))
        elif row is not labelled and abs(row.box.middle - labelled.box.middle) < 5.5 * unit and row.marks[0].at > left:
            near.append(_piece(row, row.marks))
    return tuple(near)


def _rows(lines: Sequence[Line], unit: float) -> list[Row]:
    """Words that stand beside each other, from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.box.middle):
        if not line.marks or sum(mark.sure for mark in line.marks) < 0.3 * len(line.marks):
            continue
        beside = next((row for row in rows if abs(median(one.box.middle for one in row) - line.box.middle) < 1.5 * unit), None)
        if beside is not None:
            beside.append(line)
        else:
            rows.append([line])
    made = []
    for row in rows:
        marks = sorted((mark for line in row for mark in line.marks if not mark.text.isspace()), key=lambda mark: mark.at)
        if marks:
            box = Box(
                min(one.box.left for one in row), min(one.box.top for one in row),
                max(one.box.right for one in row), max(one.box.bottom for one in row),
            )  # fmt: skip
            made.append(Row(tuple(marks), box))
    return sorted(made, key=lambda row: row.box.middle)


def _best(rows: Sequence[Row], worth: Callable[[Row], float], least: float) -> Row | None:
    """The row that is worth most, if it is worth enough; of equals the lowest."""
    best = max(reversed(rows), key=worth, default=None)
    return best if best is not None and worth(best) >= least else None


def _starts(row: Row, label: str) -> int:
    """How many characters of a label the row begins with."""
    return sum(sign in row.text[: len(label) + 1] for sign in label)


def _cut(row: Row, left: float, right: float) -> Row | None:
    marks = tuple(mark for mark in row.marks if left <= mark.at < right)
    if not marks:
        return None
    return Row(marks, Box(max(row.box.left, left), row.box.top, min(row.box.right, right), row.box.bottom))


def _edge(rows: Sequence[Row], unit: float) -> float:
    """Where labels end and values begin: between the second character of the labels that were read and the first after it."""
    found = []
    for row in rows:
        for label in ("姓名", "性别", "出生", "住址"):
            if row.text.startswith(label) and len(row.marks) > 2:
                found.append((row.marks[1].at * 0.55 + row.marks[2].at * 0.45, row.marks[1].at))
    if not found:
        return VALUES * unit
    after = max(at for _, at in found)
    return max(median(between for between, _ in found), after + 1.4 * unit)


def _right_of(row: Row, edge: float) -> Piece | None:
    marks = tuple(mark for mark in row.marks if mark.at > edge)
    return _piece(row, marks) if marks else None


def _sex_and_nation(row: Row, edge: float, unit: float) -> dict[str, tuple[Piece, ...]]:
    found: dict[str, tuple[Piece, ...]] = {}
    label = next((n for n, mark in enumerate(row.marks) if mark.text == "族" and n + 1 < len(row.marks)), None)
    if label is None:
        label = next((n for n, mark in enumerate(row.marks) if mark.text == "民" and n + 2 < len(row.marks)), -2) + 1
    sex = next((mark for mark in row.marks if mark.text in "男女"), None)
    if sex is not None:
        found["sex"] = (_piece(row, (sex,)),)
    nation = row.marks[label + 1 :] if label > 0 else tuple(mark for mark in row.marks if mark.at > NATION * unit)
    if nation:
        found["ethnicity"] = (_piece(row, nation),)
    return found


def _labelled(row: Row) -> int:
    """How many characters of the number's label stand in this row."""
    return sum(sign in row.text for sign in LABELS["number"])


def _number(row: Row, wide: float, unit: float) -> Piece:
    """From the first digit after the label on; or where the digits must stand, beside the label that was found alone."""
    first = next((n for n, mark in enumerate(row.marks) if _DIGITS.fullmatch(mark.text)), None)
    if first is not None and len(row.marks) - first >= 12:
        return _piece(row, row.marks[first:])
    more = 0.15 * row.box.high
    return Piece((), Box(row.marks[-1].at + 2.2 * unit, row.box.top - more, wide - 3 * unit, row.box.bottom + more))


def _address(rows: Sequence[Row], edge: float, unit: float) -> Iterator[Piece]:
    """Lines that follow close upon each other."""
    before = None
    for row in rows:
        if before is not None and row.box.middle - before > 6.6 * unit:
            return
        before = row.box.middle
        piece = _right_of(row, edge)
        if piece is not None and _labelled(row) < 4:
            yield piece


def _piece(row: Row, marks: Sequence[Mark]) -> Piece:
    """Half a character is left free at either end, as far as there is room."""
    gaps = sorted(b.at - a.at for a, b in pairwise(marks))
    pitch = median(gaps) if gaps else row.box.high * 0.75
    pitch = max(min(pitch, row.box.high * 1.1), row.box.high * 0.55)
    left, right = marks[0].at - pitch * 0.85, marks[-1].at + pitch * 0.85
    before = [mark.at for mark in row.marks if mark.at < marks[0].at]
    after = [mark.at for mark in row.marks if mark.at > marks[-1].at]
    if before:
        left = max(left, before[-1] + (marks[0].at - before[-1]) * 0.4)
    if after:
        right = min(right, marks[-1].at + (after[0] - marks[-1].at) * 0.6)
    return Piece(tuple(marks), Box(left, row.box.top, right, row.box.bottom))
