"""The action `sms.send`: a message in the author's words to the client of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from banli import china
from banli.hooks import ActionKind, Errand, Outcome

LONGEST = 500


class KeyedGateway(Protocol):
    """A gateway that sends a message once for its key, as far as it can."""

    async def send(self, phone: str, text: str, key: str = "") -> str: ...


class SmsSend(ActionKind):
    """Sends a text message. A gateway that does not answer is asked again later, under the same key."""

    name = "sms.send"
    required: ClassVar[Sequence[str]] = ("text",)
    refers: ClassVar[Mapping[str, str]] = {"to": "phone", "text": "text"}
    options: ClassVar[Mapping[str, Any]] = {
        "to": {
            "type": "string",
            "pattern": r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$",
            "description": "Whom: client.x, as on file when the case began, or step.field, an answer. "
            "Default: client.contact_mobile.",
            "default": "client.contact_mobile",
        },
        "text": {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST,
            "description": f"What the message says, at most {LONGEST} characters.",
        },
    }

    def __init__(self, gateway: KeyedGateway) -> None:
        self._gateway = gateway

    async def run(self, errand: Errand) -> Outcome:
        phone = china.read_phone(errand.named(str(errand.options.get("to", "client.contact_mobile"))))
        if not isinstance(phone, china.Phone) or phone.kind != "mobile":
            return Outcome(Outcome.REFUSED, "no_mobile")
        await self._gateway.send(phone.text, str(errand.options["text"]), errand.key)
        return Outcome(Outcome.DONE)
