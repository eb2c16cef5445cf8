"""The action `sms.send`: a message in the author's words to the client of a case. Any plugin's SMS gateway sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from banli import china
from banli.hooks import ActionKind, Errand, Outcome, SmsGateway, Undeliverable

LONGEST = 500
WHOM = "client.contact_mobile"


class SmsSend(ActionKind):
    """Sends a text message. A gateway that does not answer is asked again later, under the same key."""

    name = "sms.send"
    required: ClassVar[Sequence[str]] = ("text",)
    refers: ClassVar[Mapping[str, str]] = {"to": "phone", "text": "text"}
    options: ClassVar[Mapping[str, Any]] = {
        "to": Errand.naming("Whom", WHOM),
        "text": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST,
            "description": f"What the message says, at most {LONGEST} characters.",
        },
    }

    def __init__(self, gateway: SmsGateway) -> None:
        self._gateway = gateway

    async def run(self, errand: Errand) -> Outcome:
        phone = china.read_phone(errand.named(str(errand.options.get("to", WHOM))))
        if not isinstance(phone, china.Phone) or phone.kind != "mobile":
            return Outcome(Outcome.REFUSED, "no_mobile")
        try:
            await self._gateway.send(phone.text, str(errand.options["text"]), errand.key)
        except Undeliverable as refused:
            return Outcome(Outcome.REFUSED, refused.code)
        return Outcome(Outcome.DONE)
