"""The plugin: chooses the gateway, keeps the outbox out of production, and shows it in a demo."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from banli.errors import DefinitionError, Mistake, Place
from banli.hooks import Home, Page, Plugin, SmsGateway
from banli.outbox import FAILURES, SLOWEST
from banli_otp.gateways import FailingGateway, HttpGateway, unfit_url
from banli_otp.outbox import Outbox

SECRET = "BANLI_SMS_SECRET"  # noqa: S105 - the name of a variable, not a secret


class OtpPlugin(Plugin):
    name = "banli_otp"
    required: ClassVar[Sequence[str]] = ("gateway",)
    options: ClassVar[Mapping[str, Any]] = {
        "gateway": {
            "enum": ["outbox", "http", "failing"],
            "description": "outbox: to a page of the demo; http: to a signed HTTP gateway; failing: nowhere, for trials.",
        },
        "url": {"type": "string", "description": "gateway http: where messages are posted, with https."},
        "secret_env": {
            "type": "string",
            "default": SECRET,
            "description": "gateway http: the environment variable that holds the secret for the signature.",
        },
        "timeout": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 60,
            "default": 5,
            "description": "gateway http: how many seconds are waited for an answer.",
        },
        "allow_in_production": {
            "type": "boolean",
            "description": "gateway outbox: lets it start where real clients come. Nobody gets a message then.",
        },
    }

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        self.outbox = Outbox(home.folder / "outbox.db", home.clock)
        secret = os.environ.get(str(options.get("secret_env", SECRET)), "")
        self._gateway: SmsGateway
        match options.get("gateway"):
            case "http":
                timeout = float(options.get("timeout", 5))
                self._gateway = HttpGateway(str(options.get("url", "")), secret.encode(), home.clock, timeout)
            case "failing":
                self._gateway = FailingGateway()
            case _:
                self._gateway = self.outbox
        self._secret_missing = not secret

    def sms(self) -> SmsGateway:
        return self._gateway

    def pages(self) -> Sequence[Page]:
        return (Page("", "outbox.html", self.show, self.switch),) if self._gateway is self.outbox else ()

    async def start(self) -> None:
        wrong = self._wrong()
        if wrong is not None:
            raise DefinitionError([wrong])

    async def check(self) -> str:
        wrong = self._wrong()
        if wrong is not None:
            return f"{wrong.what} {wrong.cure}"
        return "The SMS gateway is set to fail (gateway: failing)." if isinstance(self._gateway, FailingGateway) else ""

    async def show(self, fields: Mapping[str, str]) -> dict[str, Any]:
        return {
            "said": fields.get("said", ""),
            "messages": await self.outbox.messages(),
            "switches": await self.outbox.switches(),
            "failures": FAILURES,
            "slowest": SLOWEST,
        }

    async def switch(self, fields: Mapping[str, str]) -> dict[str, str]:
        try:
            await self.outbox.switch(lag=int(fields.get("lag") or 0), failure=fields.get("failure") or "none")
        except ValueError:
            return {"said": "wrong"}
        return {"said": "switched"}

    def _wrong(self) -> Mistake | None:
        place = Place("definitions/site.yaml")
        if self._gateway is self.outbox and not self.home.demo and not self.settings.get("allow_in_production"):
            cure = "Set gateway: http, or allow_in_production: true."
            return Mistake(place, "not-for-production", "The outbox of 'banli_otp' sends no messages to real clients.", cure)
        if isinstance(self._gateway, HttpGateway):
            if why := unfit_url(str(self.settings.get("url", ""))):
                return Mistake(place, "plugin-option", why, "Set url.")
            if self._secret_missing:
                name = self.settings.get("secret_env", SECRET)
                return Mistake(
                    place,
                    "plugin-option",
                    "The SMS gateway has no secret to sign with.",
                    f"Set the environment variable {name}.",
                )
        return None
