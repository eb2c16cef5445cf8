"""Differences for people and programs: lines of text, JSON, and a page that needs nothing beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from banli.definitions.differences.model import Change, Differences, Say, Strictness
from banli.definitions.differences.notes import PARTS, short


def _(msgid: str) -> str:
    """Marks a word for the catalogue."""
    return msgid


STRICTNESS: Mapping[Strictness, str] = {
    "stricter": _("stricter"), "looser": _("looser"), "neither": _("neither stricter nor looser"),
    "unknown": _("perhaps stricter"),
}  # fmt: skip
COUNTED: Mapping[Strictness, str] = {
    "stricter": _("{count} stricter"), "looser": _("{count} looser"), "unknown": _("{count} perhaps stricter"),
    "neither": _("{count} neither"),
}  # fmt: skip
NONE, ONE, SOME = _("No differences."), _("One change: {sides}."), _("{count} changes: {sides}.")
BEFORE, AFTER = _("Before"), _("Now")
MARKS = {"added": "+", "removed": "-", "moved": ">", "renamed": "=", "changed": "~"}


def as_text(differences: Differences, say: Say = str) -> str:
    """A line for each change: `~ stricter  forms/a.phone.maxLength: question 'phone': maxLength 20 → 11`."""
    lines = [summary(differences, say)]
    for part, changes in _by_part(differences):
        lines += ["", f"{say(PARTS.get(part, part))}"]
        lines += [f"  {MARKS[one.what]} {one.strictness:8}  {one.path}: {one.told(say)}" for one in changes]
    return "\n".join(lines)


def summary(differences: Differences, say: Say = str) -> str:
    if not differences:
        return say(NONE)
    counts = ((side, differences.count(side)) for side in COUNTED)
    sides = ", ".join(say(COUNTED[side]).format(count=count) for side, count in counts if count)
    many = len(differences.changes)
    return say(ONE if many == 1 else SOME).format(count=many, sides=sides)


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
    sides = ""
    if change.what == "changed" and max(len(_shown(change.before)), len(_shown(change.after))) > 40:
        sides = (
            f'<div class="sides"><div><b>{escape(say(BEFORE))}</b><pre>{escape(_shown(change.before))}</pre></div>'
            f"<div><b>{escape(say(AFTER))}</b><pre>{escape(_shown(change.after))}</pre></div></div>"
        )
    return (
        f'<li class="{change.strictness}"><span class="badge">{word}</span> {escape(change.told(say))}'
        f' <span class="path">{escape(change.path)}</span>{sides}</li>\n'
    )


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return short(value) if value is None else json.dumps(value, ensure_ascii=False, indent=1)


_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;margin:0;padding:1rem;overflow-wrap:anywhere}"
    "main{max-width:60rem;margin:auto}h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}"
    "ul{list-style:none;padding:0;margin:0}"
    "li{padding:.5rem 0 .5rem .75rem;border-left:.3rem solid;margin:0 0 .5rem;break-inside:avoid}"
    "li.stricter{border-color:#b3261e}li.looser{border-color:#2e7d32}li.unknown{border-color:#9a6700}li.neither{border-color:#767676}"
    ".badge{font-weight:600}.path{font-family:ui-monospace,monospace;font-size:.85em;opacity:.8}"
    ".sides{display:grid;gap:.5rem;margin-top:.5rem}@media(min-width:48rem){.sides{grid-template-columns:1fr 1fr}}"
    "pre{white-space:pre-wrap;margin:.25rem 0 0;padding:.5rem;border:1px solid;border-radius:.25rem;font-size:.85em}"
    "@media print{body{padding:0;font-size:10pt}}"
)
