"""The texts of a case as its client is shown them, and as they are drawn for the PDF that the client signs."""

from __future__ import annotations

import hashlib
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from markupsafe import Markup

from banli.caseload import CHINA, Held
from banli.definitions.model import Agreement
from banli.filed import record_fields
from banli.signing import Showing
from banli.web.shell import Guest, Shell
from banli.web.step_pages import with_case


def showing_of(shell: Shell, guest: Guest, held: Held) -> Showing:
    """As this guest is shown the texts of this case."""
    guest = with_case(shell, guest, held)
    wording = guest.wording

    def draws(text: Agreement, *, at: str, hand: bool) -> str:
        return _drawn(shell, guest, held, text, at, hand)

    return Showing(guest.translator.language, lambda text: str(wording.agreement(text)), draws)


def _drawn(shell: Shell, guest: Guest, held: Held, text: Agreement, at: str, hand: bool) -> str:
    """A whole page that names nothing outside of it but the client's handwriting."""
    said, case = guest.wording.text, held.case
    moment = datetime.fromisoformat(at).astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if at else ""
    shown = str(guest.wording.agreement(text))
    page = SimpleNamespace(
        title=text.title,
        written=shell.parts.catalogues.languages[0].replace("_", "-"),
        company=held.edition.company.name,
        text=Markup(shown),  # noqa: S704 - the very HTML that the client is shown
        hand=hand,
        client=str(case.record.get("name") or ""),
        facts=[
            (said("paper_number"), text.number),
            (said("case_number"), case.number),
            (said("paper_client"), "  ".join(part for part in (str(case.record.get("name") or ""), _masked(held)) if part)),
            (said("paper_drawn"), moment),
            (said("paper_digest"), hashlib.sha256(shown.encode()).hexdigest()),
        ],
    )
    theme = shell.parts.themes.of(held.edition.company)
    values: dict[str, Any] = {"page": page, "text": said}
    return shell.parts.themes.render("paper_print.html", guest.translator, values, theme)


def _masked(held: Held) -> str:
    """The client's ID number, enough of it to recognise."""
    for question in record_fields(held.issue):
        value = held.case.record.get(question.name)
        if question.schema.get("format") == "cn-id-number" and value:
            return " ".join(held.issue.book.fields.kind(question.kind).mask(question, value))
    return ""
