"""The action `email.send`: an e-mail in the author's words to the client of a case. Any plugin's mail gateway sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from banli.hooks import ActionKind, Errand, Outcome
from banli.mails import Mail, MailGateway, is_address, is_one_line

WHOM = "client.email"
LONGEST_SUBJECT, LONGEST_TEXT = 120, 5000


class EmailSend(ActionKind):
    """Every e-mail ends with the company's `email_footer`, and its subject begins with `email_mark`: two texts by codes, worded
    by site, company, environment or business like those of the pages."""

    name = "email.send"
    required: ClassVar[Sequence[str]] = ("subject", "text")
    refers: ClassVar[Mapping[str, str]] = {"to": "email", "subject": "text", "text": "text"}
    says: ClassVar[Sequence[str]] = ("email_mark", "email_footer")
    options: ClassVar[Mapping[str, Any]] = {
        "to": Errand.naming("Whom", WHOM),
        "subject": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_SUBJECT,
            "pattern": r"^[^\r\n]*$",
            "description": f"What the e-mail is about: one line of at most {LONGEST_SUBJECT} characters.",
        },
        "text": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_TEXT,
            "description": f"What the e-mail says, at most {LONGEST_TEXT} characters of plain text.",
        },
    }

    def __init__(self, gateway: MailGateway) -> None:
        self._gateway = gateway

    async def run(self, errand: Errand) -> Outcome:
        to = errand.named(str(errand.options.get("to", WHOM))).strip()
        if not to:
            return Outcome(Outcome.REFUSED, "no_email")
        if not is_address(to):
            return Outcome(Outcome.REFUSED, "bad_email")
        subject = f"{errand.words.get('email_mark', '')}{errand.options['subject']}".strip()
        if not is_one_line(subject):  # what a core system has on file may hold anything
            return Outcome(Outcome.REFUSED, "bad_subject")
        said = (str(errand.options["text"]).strip(), errand.words.get("email_footer", "").strip())
        text = "\n\n".join(part for part in said if part)
        refused = await self._gateway.send(Mail(errand.company, to, subject, text, errand.key))
        return Outcome(Outcome.REFUSED, refused) if refused else Outcome(Outcome.DONE)
