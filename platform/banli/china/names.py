"""Reads the name on an ID card: the middle dot of minority names, rare characters, no spaces."""

from __future__ import annotations

import re
from typing import Literal

from banli.china.typed import plain, without_spaces

NameProblem = Literal["name_length", "name_characters", "name_dot"]

MIDDLE_DOT = "\u00b7"
_DOTS = re.compile("[\u2022\u2027\u2219\u22c5\u30fb\uff65\uff0e\u2024]")
_SHORTEST, _LONGEST, _LONGEST_WITH_DOT = 2, 20, 50

# Han in the base plane, its compatibility block, planes 2 and 3 (extensions B and later), 〇, and the private
# use area, where older systems keep characters that had no code point of their own.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\ue000-\uf8ff\uf900-\ufaff\U00020000-\U0003fffd"
_NAME = re.compile(f"[{_HAN}{MIDDLE_DOT}]*")


def normal_name(text: str) -> str:
    """Without spaces and invisible characters, and with the one middle dot U+00B7 for all that look like it.

    >>> normal_name(" 买买提・ 艾力 ")
    '买买提·艾力'
    """
    dotted = _DOTS.sub(MIDDLE_DOT, text)
    # No normal form of Unicode: each of them swaps compatibility ideographs (U+F900 to U+FAFF), and a name
    # may be spelt with just those.
    return without_spaces(plain(dotted))


def name_problem(name: str) -> NameProblem | None:
    """What is wrong with a newly typed name, already in normal form.

    Lengths are in code points: a rare character is one, though it is two units in a browser. Names that a
    core system has on file are never judged: they may hold digits and letters.
    """
    if not _NAME.fullmatch(name):
        return "name_characters"
    if name.startswith(MIDDLE_DOT) or name.endswith(MIDDLE_DOT) or MIDDLE_DOT * 2 in name:
        return "name_dot"
    longest = _LONGEST_WITH_DOT if MIDDLE_DOT in name else _LONGEST
    return None if _SHORTEST <= len(name) <= longest else "name_length"


def mask_name(name: str) -> str:
    """`张*`, `张**`: the first character and as many stars as there are others."""
    return name[:1] + "*" * (len(name) - 1)
