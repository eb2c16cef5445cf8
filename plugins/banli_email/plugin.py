"""The plugin: chooses the gateway, keeps the outbox out of production, and shows it in a demo."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from email.headerregistry import Address
from pathlib import Path
from typing import Any, ClassVar

from banli.errors import DefinitionError, Mistake, Place
from banli.hooks import Home, MailGateway, Page, Plugin
from banli.mails import is_address, is_one_line
from banli.outbox import FAILURES, SLOWEST
from banli_email.gateways import FailingGateway, MailOutbox
from banli_email.smtp import LOCAL_HOSTS, PORTS, Security, SmtpGateway

PASSWORD = "BANLI_SMTP_PASSWORD"  # noqa: S105 - the name of a variable, not a secret


class EmailPlugin(Plugin):
    name = "banli_email"
    required: ClassVar[Sequence[str]] = ("gateway",)
    options: ClassVar[Mapping[str, Any]] = {
        "gateway": {
            "enum": ["outbox", "smtp", "failing"],
            "description": "outbox: to a page of the demo; smtp: to a mail server; failing: nowhere, for trials.",
        },
        "host": {"type": "string", "description": "gateway smtp: the name of the mail server."},
        "port": {
            "type": "integer",
            "minimum": 1,
            "maximum": 65535,
            "description": "gateway smtp: its port; 465 with tls, 587 with starttls, 25 with none.",
        },
        "security": {
            "enum": list(PORTS),
            "default": "starttls",
            "description": "gateway smtp: tls from the first byte, starttls, or none (a server on this machine only).",
        },
        "ca_file": {"type": "string", "description": "gateway smtp: the certificate of your own authority, as a PEM file."},
        "user": {"type": "string", "description": "gateway smtp: the account at the mail server."},
        "password_env": {
            "type": "string",
            "default": PASSWORD,
            "description": "gateway smtp: the environment variable that holds the account's password.",
        },
        "sender": {"type": "string", "description": "gateway smtp: the address that e-mails come from."},
        "senders": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"name": {"type": "string", "maxLength": 60}, "address": {"type": "string"}},
                "required": ["address"],
                "additionalProperties": False,
            },
            "description": "gateway smtp: by company its own sender, {name, address}.",
        },
        "timeout": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 120,
            "default": 15,
            "description": "gateway smtp: how many seconds are waited for each answer.",
        },
        "allow_in_production": {
            "type": "boolean",
            "description": "gateway outbox: lets it start where real clients come. Nobody gets an e-mail then.",
        },
    }

    def __init__(self, options: Mapping[str, Any], home: Home) -> None:
        super().__init__(options, home)
        self.outbox = MailOutbox(home.folder / "outbox.db", home.clock)
        self._password = os.environ.get(str(options.get("password_env", PASSWORD)), "")
        self._gateway: MailGateway = self.outbox
        if options.get("gateway") == "failing":
            self._gateway = FailingGateway()
        elif options.get("gateway") == "smtp" and not self._sender_flaw():
            self._gateway = self._smtp()

    def mail(self) -> MailGateway:
        return self._gateway

    def pages(self) -> Sequence[Page]:
        return (Page("", "outbox.html", self.show, self.switch),) if self.settings.get("gateway") == "outbox" else ()

    async def start(self) -> None:
        if told := self._wrong():
            code, what, cure = told
            raise DefinitionError([Mistake(Place("definitions/site.yaml"), code, what, cure)])

    async def check(self) -> str:
        if told := self._wrong():
            return f"{told[1]} {told[2]}"
        return "The mail gateway is set to fail (gateway: failing)." if isinstance(self._gateway, FailingGateway) else ""

    async def show(self, fields: Mapping[str, str]) -> dict[str, Any]:
        return {
            "said": fields.get("said", ""),
            "mails": await self.outbox.mails(),
            "switches": await self.outbox.switches(),
            "slowest": SLOWEST,
        }

    async def switch(self, fields: Mapping[str, str]) -> dict[str, str]:
        failure = fields.get("failure") or FAILURES[0]
        try:
            await self.outbox.switch(lag=int(fields.get("lag") or 0), failure=failure)
        except ValueError:
            return {"said": "wrong"}
        return {"said": "switched"}

    def _smtp(self) -> SmtpGateway:
        told = self.settings
        senders = {"": Address(addr_spec=str(told["sender"]))}
        senders |= {
            company: Address(str(one.get("name", "")), addr_spec=str(one["address"]))
            for company, one in told.get("senders", {}).items()
        }
        security = Security(str(told.get("security", "starttls")), str(told.get("ca_file", "")))
        return SmtpGateway(
            str(told.get("host", "")), self.home.clock, senders, int(told.get("port", 0)), security,
            str(told.get("user", "")), self._password, float(told.get("timeout", 15)),
        )  # fmt: skip

    def _wrong(self) -> tuple[str, str, str] | None:
        """Code, sentence and cure of what keeps it from working here."""
        told = self.settings
        if told.get("gateway") == "outbox" and not self.home.demo and not told.get("allow_in_production"):
            cure = "Set gateway: smtp, or allow_in_production: true."
            return "not-for-production", "The outbox of 'banli_email' sends no e-mails to real clients.", cure
        flaw = self._smtp_flaw() if told.get("gateway") == "smtp" else None
        return ("plugin-option", *flaw) if flaw else None

    def _smtp_flaw(self) -> tuple[str, str] | None:
        told = self.settings
        if not told.get("host"):
            return "The mail gateway has no server to hand e-mails to.", "Set host."
        if told.get("security") == "none" and told["host"] not in LOCAL_HOSTS:
            return "E-mails would go over the network for all to read.", "Set security: starttls or tls."
        if told.get("ca_file") and not Path(told["ca_file"]).is_file():
            return f"There is no file '{told['ca_file']}'.", "Set ca_file to the PEM file of your authority."
        if told.get("user") and not self._password:
            name = told.get("password_env", PASSWORD)
            return "The mail gateway has no password for its account.", f"Set the environment variable {name}."
        if not f"{told.get('user', '')}{self._password}".isascii():
            return "The account of the mail gateway, or its password, has a letter that mail servers do not take.", "Change it."
        return self._sender_flaw()

    def _sender_flaw(self) -> tuple[str, str] | None:
        if not is_address(str(self.settings.get("sender", ""))):
            return "The mail gateway has no address that e-mails come from.", "Set sender to an address."
        for company, one in self.settings.get("senders", {}).items():
            if not is_address(str(one["address"])) or not is_one_line(str(one.get("name", ""))):
                return f"The sender of company '{company}' is no address.", "Write {name: …, address: …}, each on one line."
        return None
