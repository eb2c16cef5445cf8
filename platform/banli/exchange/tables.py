"""Tables for business people: a form's questions or a code list, as a workbook (xlsx) or as comma-separated text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from banli.definitions.model import Dictionary
from banli.exchange.listing import Lister, Row
from banli.i18n import Translator
from banli.sentences import _

Cell = str | int
Table = tuple[str, Sequence[str], list[list[Cell]]]
"""A title, the headings, the lines."""

MOST_OPTIONS = 60
_LONGEST = 32_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
REQUIRED = {"": "", "yes": _("required"), "shown": _("required while it is shown")}
COLUMNS = (
    _("No."), _("Group"), _("Name in the data"), _("Question"), _("Kind"), _("Must be answered"), _("Options"), _("Limits"),
    _("Asked when"), _("Condition"), _("Name on file"), _("Hint"), _("Personal data"), _("Written in"),
)  # fmt: skip
RULES = (_("Rule"), _("What happens"), _("When"), _("Condition"), _("Sentence"), _("Written in"))
WHAT_HAPPENS = {"refuse": _("the client cannot go on"), "warn": _("the client is asked once more")}


class Missing(Exception):
    """What writes workbooks is not installed."""


def form_tables(lister: Lister) -> list[Table]:
    said = lister.translator.gettext
    asked: list[list[Cell]] = [_line(row, lister.translator) for row in lister.rows()]
    rules: list[list[Cell]] = [
        [rule.id, said(WHAT_HAPPENS[sort]), words, rule.when, lister.translator.say(rule.text), place]
        for sort, rule, words, place in lister.rules()
    ]
    tables: list[Table] = [(said(_("Questions")), [said(one) for one in COLUMNS], asked)]
    return [*tables, (said(_("Rules")), [said(one) for one in RULES], rules)] if rules else tables


def _line(row: Row, translator: Translator) -> list[Cell]:
    said = translator.gettext
    options = [f"{option.text} ({option.code})" for option in row.options[:MOST_OPTIONS]]
    if len(row.options) > MOST_OPTIONS:
        options.append(said(_("… {n} in all, in the list {name}")).format(n=len(row.options), name=row.dictionary))
    return [
        row.number, row.group, row.name, "    " * row.depth + row.title, row.kind,
        said(_("only shown")) if row.read_only else said(REQUIRED[row.required]) if row.required else "",
        "\n".join(options), "\n".join(row.limits), row.in_words, row.condition, row.on_file, row.hint,
        said(_("yes")) if row.pii else "", row.place,
    ]  # fmt: skip


def dictionary_table(listed: Dictionary, translator: Translator) -> Table:
    """All codes, retired ones too, with the codes of other systems."""
    said = translator.gettext
    maps = sorted(listed.maps)
    words = (_("Code of the option"), _("Words of the option"), _("Belongs to"), _("Stands alone"), _("Retired"))
    headings = [*(said(word) for word in words), *maps]
    lines: list[list[Cell]] = []
    for one in listed.items:
        alone, retired = (said(_("yes")) if sign else "" for sign in (one.exclusive, one.retired))
        others = [listed.maps[name].get(one.code, "") for name in maps]
        lines.append([one.code, translator.say(one.text), one.parent, alone, retired, *others])
    return translator.say(listed.title) or listed.id, headings, lines


def as_csv(table: Table) -> str:
    """With a byte order mark, for Excel; a text that a spreadsheet would compute gets an apostrophe in front."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([_harmless(one) for one in table[1]])
    writer.writerows([[_harmless(one) for one in line] for line in table[2]])
    return "\ufeff" + target.getvalue()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_xlsx(tables: Iterable[Table]) -> bytes:
    """A workbook with a sheet for each table. Texts are written as texts: nothing in them is ever computed."""
    try:
        import xlsxwriter
    except ImportError:
        raise Missing("Workbooks need XlsxWriter: pip install 'banli[xlsx]'.") from None
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book: Any = xlsxwriter.Workbook(target, options)
    book.set_properties({"comments": ""})
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    plain = book.add_format({"text_wrap": True, "valign": "top"})
    for number, (title, headings, lines) in enumerate(tables, 1):
        sheet = book.add_worksheet(_sheet(title, number))
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, head)
            sheet.set_column(column, column, _width([heading, *(line[column] for line in lines)]))
        for place, line in enumerate(lines, 1):
            for column, cell in enumerate(line):
                if isinstance(cell, int):
                    sheet.write_number(place, column, cell, plain)
                else:
                    sheet.write_string(place, column, cell[:_LONGEST], plain)
        sheet.autofilter(0, 0, max(len(lines), 1), len(headings) - 1)
    book.close()
    return target.getvalue()


def _sheet(title: str, number: int) -> str:
    plain = "".join(sign for sign in title if sign not in "[]:*?/\\" and sign.isprintable()).strip("' ")
    return plain[:28] or f"{number}"


def _width(cells: Iterable[Cell]) -> int:
    longest = max(
        (sum(2 if ord(sign) > 0x2E80 else 1 for sign in line) for cell in cells for line in str(cell).split("\n")), default=8
    )
    return min(max(longest + 2, 6), 46)
