"""Differences for people and programs: lines of text, JSON, and a page that needs nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from html import escape
from typing import Any

from banli.definitions.differences.model import Change, Differences, Say, Strictness
from banli.definitions.differences.notes import PARTS, UNSAID, short
from banli.sentences import _

STRICTNESS: Mapping[Strictness, str] = {
    "stricter": _("stricter"), "unknown": _("unclear"), "looser": _("looser"), "neither": _("other"),
}  # fmt: skip
COUNTED: Mapping[Strictness, str] = {
    "stricter": _("{count} stricter"), "unknown": _("{count} unclear"), "looser": _("{count} looser"),
    "neither": _("{count} other"),
}  # fmt: skip
COMMA = _(", ")
NONE, ONE, SOME = _("No differences."), _("One change: {sides}."), _("{count} changes: {sides}.")
BEFORE, AFTER = _("Before"), _("Now")
MOST_LINES, LONGEST = 12, 160
"""How much of what was there and is there now a line of text shows."""
MARKS = {"added": "+", "removed": "-", "moved": ">", "renamed": "=", "changed": "~"}


def as_text(differences: Differences, say: Say = str) -> str:
    """A line for each change: `~ stricter  forms/a.phone.maxLength: question 'phone': maxLength 20 → 11`; below it what was
    there and what is there now, where the sentence does not say so itself."""
    lines = [summary(differences, say)]
    for part, changes in _by_part(differences):
        lines += ["", f"{say(PARTS.get(part, part))}"]
        for one in changes:
            lines += [f"  {line(one, say)}", *(f"      {text}" for text in sides(one, say))]
    return "\n".join(lines)


def line(change: Change, say: Say = str) -> str:
    """One change in one line."""
    return f"{MARKS[change.what]} {say(STRICTNESS[change.strictness]):8}  {change.path}: {change.told(say)}"


def sides(change: Change, say: Say = str) -> Iterator[str]:
    """What was there and what is there now, where the sentence does not say so: a long text by the lines that differ."""
    if change.what != "changed" or change.msgid not in UNSAID:
        return
    before, after = _shown(change.before), _shown(change.after)
    if "\n" in before + after:
        rows = [(sign, text) for sign, text in _rows(before, after) if sign in "+-"]
        yield from (f"{sign} {_cut(text)}" for sign, text in rows[:MOST_LINES])
        if len(rows) > MOST_LINES:
            yield f"… {len(rows) - MOST_LINES}"
        return
    words = [say(BEFORE), say(AFTER)]
    for word, text in zip(words, (before, after), strict=True):
        yield f"{word}: {_cut(text)}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _rows(before: str, after: str, around: int = 1) -> Iterator[tuple[str, str]]:
    """The lines that differ (`-`, `+`) with one that is the same before and after them (` `), and `…` for the others."""
    was, now = before.splitlines(), after.splitlines()
    matcher = SequenceMatcher(None, was, now, autojunk=False)
    for group in matcher.get_grouped_opcodes(around):
        if group[0][1] > 0:
            yield "…", ""
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from ((" ", text) for text in was[i1:i2])
            else:
                yield from (("-", text) for text in was[i1:i2])
                yield from (("+", text) for text in now[j1:j2])


def summary(differences: Differences, say: Say = str) -> str:
    if not differences:
        return say(NONE)
    counts = ((side, differences.count(side)) for side in COUNTED)
    told = say(COMMA).join(say(COUNTED[side]).format(count=count) for side, count in counts if count)
    many = len(differences.changes)
    return say(ONE if many == 1 else SOME).format(count=many, sides=told)


def as_data(differences: Differences, say: Say = str) -> dict[str, Any]:
    """JSON-able: what a program needs."""
    changes = [
        {"part": one.part, "path": one.path, "what": one.what, "strictness": one.strictness,
         "before": one.before, "after": one.after, "sentence": one.told(say)}
        for one in differences.changes
    ]  # fmt: skip
    return {"old": differences.old, "new": differences.new, "changes": changes}


def as_json(differences: Differences, say: Say = str) -> str:
    return json.dumps(as_data(differences, say), ensure_ascii=False, indent=2)


def as_page(differences: Differences, title: str, say: Say = str, language: str = "en") -> str:
    """A whole HTML page: no script, nothing loaded; for a phone, a desk and a printer."""
    parts = "".join(_section(part, changes, say) for part, changes in _by_part(differences))
    told = f'{escape(summary(differences, say))} <span class="path">{differences.old[:12]} → {differences.new[:12]}</span>'
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
        f"<p>{told}</p>\n{parts}</main>\n</body>\n</html>\n"
    )


def _by_part(differences: Differences) -> Iterator[tuple[str, list[Change]]]:
    """The changes by the sort of thing, in the order of PARTS; what is stricter comes first."""
    order = [*STRICTNESS]
    for part in dict.fromkeys((*PARTS, *(change.part for change in differences.changes))):
        found = [change for change in differences.changes if change.part == part]
        if found:
            yield part, sorted(found, key=lambda one: (one.strictness != "stricter", order.index(one.strictness), one.path))


def _section(part: str, changes: list[Change], say: Say) -> str:
    return f"<h2>{escape(say(PARTS.get(part, part)))}</h2>\n<ul>\n{''.join(_item(one, say) for one in changes)}</ul>\n"


def _item(change: Change, say: Say) -> str:
    word = escape(say(STRICTNESS[change.strictness]))
    below = _page_sides(change, say) if change.what == "changed" and change.msgid in UNSAID else ""
    return (
        f'<li class="{change.strictness}"><span class="badge">{word}</span> {escape(change.told(say))}'
        f'<div class="path">{escape(change.path)}</div>{below}</li>\n'
    )


def _page_sides(change: Change, say: Say) -> str:
    """Before and now beside each other; a long text once, with its lines that differ marked."""
    before, after = _shown(change.before), _shown(change.after)
    if isinstance(change.before, str) and isinstance(change.after, str) and "\n" in before + after:
        words = {"-": ("del", say(BEFORE)), "+": ("ins", say(AFTER))}
        rows = "".join(_row(sign, text, words) for sign, text in _rows(before, after))
        return f'<div class="lines">{rows}</div>'
    return (
        f'<div class="sides"><div><b>{escape(say(BEFORE))}</b><pre>{escape(before)}</pre></div>'
        f"<div><b>{escape(say(AFTER))}</b><pre>{escape(after)}</pre></div></div>"
    )


def _row(sign: str, text: str, words: Mapping[str, tuple[str, str]]) -> str:
    if sign == "…":
        return '<p class="gap">⋮</p>'
    if sign in words:
        tag, word = words[sign]
        return f'<p><{tag} title="{escape(word)}">{escape(text) or "&nbsp;"}</{tag}></p>'
    return f"<p>{escape(text) or '&nbsp;'}</p>"


def _shown(value: Any) -> str:
    """A value as it is read: what is empty has a dash; lists of words and small maps stand in one line."""
    if isinstance(value, str):
        return value or short(None)
    if value is None or isinstance(value, bool | int | float):
        return short(value)
    flat = json.dumps(value, ensure_ascii=False)
    return flat if len(flat) <= 100 else json.dumps(value, ensure_ascii=False, indent=1)


_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;margin:0;padding:1rem;overflow-wrap:anywhere}"
    "main{max-width:60rem;margin:auto}h1{font-size:1.2rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}"
    "h2::first-letter{text-transform:uppercase}@media(min-width:48rem){h1{font-size:1.5rem}}"
    "ul{list-style:none;padding:0;margin:0}"
    ".lines{margin-top:.5rem;padding:.25rem 0;border:1px solid;border-radius:.25rem}"
    ".lines p{margin:0;padding:0 .5rem;font-size:.9em}"
    "del{color:#b3261e}ins{color:#2e7d32;text-decoration:none;font-weight:600}.gap{text-align:center;opacity:.6}"
    "@media(prefers-color-scheme:dark){del{color:#ff9d93}ins{color:#86d391}li.stricter{border-color:#ff9d93!important}}"
    "li{padding:.5rem 0 .5rem .75rem;border-left:.3rem solid;margin:0 0 .5rem;break-inside:avoid}"
    "li.stricter{border-color:#b3261e}li.looser{border-color:#2e7d32}li.unknown{border-color:#9a6700}li.neither{border-color:#767676}"
    ".badge{font-weight:600;margin-right:.25rem}.path{font-family:ui-monospace,monospace;font-size:.85em;opacity:.8}"
    ".sides{display:grid;gap:.5rem;margin-top:.5rem}@media(min-width:48rem){.sides{grid-template-columns:1fr 1fr}}"
    "pre{white-space:pre-wrap;margin:.25rem 0 0;padding:.5rem;border:1px solid;border-radius:.25rem;font-size:.85em}"
    "@media print{body{padding:0;font-size:10pt}}"
)
