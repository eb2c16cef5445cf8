"""A form as a page to print: self-contained HTML with what a client is asked, options and conditions in words. No script."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from banli.definitions.model import Field, Group, Note
from banli.exchange.listing import Lister, Row
from banli.exchange.tables import MOST_OPTIONS, REQUIRED, WHAT_HAPPENS
from banli.sentences import _

ONLY = _("Only when: {words}")
FORMULA = _("a formula that stands in {place}")
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; color: #111; background: #fff;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid #999; }
.q { margin: .9rem 0; break-inside: avoid; }
.q .q { margin-left: 1.2rem; border-left: 2px solid #ccc; padding-left: .8rem; }
.title { font-weight: 600; }
.must { color: #a3000b; font-weight: 400; }
.small, .when { color: #444; font-size: .87rem; }
.when::before { content: "\\2192\\00a0"; }
.line { border-bottom: 1px solid #777; height: 1.7em; }
.box { border: 1px solid #777; height: 5em; }
ul { list-style: none; margin: .2rem 0; padding: 0; }
.note { border-left: 3px solid #888; padding: .2rem .7rem; margin: .8rem 0; white-space: pre-line; }
footer { margin-top: 2rem; color: #444; font-size: .8rem; }
@media print { body { margin: 0; } }
"""


def page(lister: Lister, footer: str = "") -> str:
    """The whole document. Whatever stands in it is escaped."""
    say, tag = lister.translator.say, lister.translator.tag
    form = lister.form
    rows = {row.name: row for row in lister.rows()}
    body = [f"<h1>{escape(say(form.title))}</h1>"]
    if form.help:
        body.append(f'<p class="note">{escape(say(form.help))}</p>')
    for entry in form.layout:
        body += _entry(entry, lister, rows)
    rules = list(lister.rules())
    if rules:
        body.append(f"<h2>{escape(lister.translator.gettext(_('Rules')))}</h2><ul>")
        for sort, rule, words, place in rules:
            happens = lister.translator.gettext(WHAT_HAPPENS[sort])
            told = words or lister.translator.gettext(FORMULA).format(place=place)
            body.append(f'<li class="q">{escape(say(rule.text))}<div class="when">{escape(told)} ({escape(happens)})</div></li>')
        body.append("</ul>")
    if footer:
        body.append(f"<footer>{escape(footer)}</footer>")
    title = escape(say(form.title))
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>",
    ]
    lines = [
        "<!doctype html>",
        f'<html lang="{escape(tag)}">',
        "<head>",
        *head,
        "</head>",
        "<body>",
        *body,
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines)


def _entry(entry: Field | Note | Group, lister: Lister, rows: dict[str, Row]) -> Iterator[str]:
    say = lister.translator.say
    if isinstance(entry, Group):
        hint = f' <span class="small">{escape(say(entry.hint))}</span>' if entry.hint else ""
        yield f"<h2>{escape(say(entry.title))}{hint}</h2>"
        if entry.when:
            yield f'<div class="when">{escape(_when(lister, entry.when))}</div>'
        for one in entry.entries:
            yield from _entry(one, lister, rows)
    elif isinstance(entry, Note):
        when = f'<div class="when">{escape(_when(lister, entry.when))}</div>' if entry.when else ""
        yield f'<div class="note">{escape(say(entry.text))}{when}</div>'
    else:
        yield from _question(entry, entry.name, lister, rows)


def _when(lister: Lister, text: str) -> str:
    words = lister.teller({one.name: one for one in lister.form.fields}).tell(text)
    words = words or lister.translator.gettext(FORMULA).format(place=lister.source.file)
    return lister.translator.gettext(ONLY).format(words=words)


def _question(asked: Field, name: str, lister: Lister, rows: dict[str, Row]) -> Iterator[str]:
    row, said = rows[name], lister.translator.gettext
    marks = f' <span class="must">({escape(said(REQUIRED[row.required]))})</span>' if row.required else ""
    marks += f' <span class="small">({escape(said(_("only shown")))})</span>' if row.read_only else ""
    yield f'<div class="q"><div class="title">{escape(row.title)}{marks}</div>'
    if asked.when:
        told = row.in_words or said(FORMULA).format(place=row.place)
        yield f'<div class="when">{escape(said(ONLY).format(words=told))}</div>'
    about = [row.kind, *row.limits] if asked.kind not in ("text", "choice", "yes_no", "object") or row.limits else []
    if row.hint or about:
        yield f'<div class="small">{escape(" · ".join(one for one in (row.hint, *about) if one))}</div>'
    yield from _answer(asked, row, lister)
    inner = f"{name}[]." if asked.multiple else f"{name}."
    if asked.kind in ("object", "group_list"):
        for item in asked.items:
            yield from _question(item, f"{inner}{item.name}", lister, rows)
    yield "</div>"


def _answer(asked: Field, row: Row, lister: Lister) -> Iterator[str]:
    said = lister.translator.gettext
    if asked.kind == "choice":
        sign = "☐" if asked.multiple else "○"
        yield "<ul>"
        yield from (f"<li>{sign} {escape(option.text)}</li>" for option in row.options[:MOST_OPTIONS])
        if len(row.options) > MOST_OPTIONS:
            more = said(_("… {n} in all, in the list {name}")).format(n=len(row.options), name=row.dictionary)
            yield f"<li>{escape(more)}</li>"
        yield "</ul>"
    elif asked.kind == "yes_no":
        yield f"<ul><li>○ {escape(said(_('Yes')))}</li><li>○ {escape(said(_('No')))}</li></ul>"
    elif asked.kind == "consent":
        yield "<ul><li>☐</li></ul>"
    elif asked.kind in ("multiline", "photo"):
        yield '<div class="box"></div>'
    elif asked.kind not in ("object", "group_list"):
        yield '<div class="line"></div>'
