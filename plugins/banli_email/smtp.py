"""Hands e-mails to an SMTP server, in a thread, encrypted unless the server is on this machine."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from banli.hooks import Clock, Mail, Unavailable
from banli_email.gateways import id_of

PORTS = {"tls": 465, "starttls": 587, "none": 25}
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
GONE_FOR_GOOD = frozenset((550, 551, 553))
"""Answers to RCPT TO that no later try will change: there is no such mailbox, or it takes nothing."""


@dataclass(frozen=True, slots=True)
class Security:
    """How the connection is kept from others: `tls` from the first byte, `starttls`, or `none`. `ca_file` is for a server whose
    certificate comes from the company's own authority."""

    how: str = "starttls"
    ca_file: str = ""

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


@dataclass(frozen=True, slots=True)
class SmtpGateway:
    """A `banli.hooks.MailGateway`. `senders` are the addresses by company, "" for all others. `timeout` in seconds holds for
    each answer of the server.

    Codes: `smtp_unreachable`, `smtp_timeout`, `smtp_tls`, `smtp_auth`, `smtp_<status>`; `address_refused` is for good.
    """

    host: str
    clock: Clock
    senders: Mapping[str, Address]
    port: int = 0
    security: Security = field(default_factory=Security)
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 15.0

    async def send(self, mail: Mail) -> str:
        # In a thread: smtplib waits. The thread ends by its own timeouts when nobody waits for it any more.
        return await asyncio.to_thread(self._send, mail)

    def _send(self, mail: Mail) -> str:
        try:
            with self._connected() as server:
                server.send_message(self._message(mail))
        except smtplib.SMTPRecipientsRefused as refused:
            status = next((status for status, _ in refused.recipients.values()), 0)
            if status in GONE_FOR_GOOD:
                return "address_refused"
            raise Unavailable(f"smtp_{status}") from None
        except smtplib.SMTPAuthenticationError:
            raise Unavailable("smtp_auth") from None
        except smtplib.SMTPResponseException as problem:
            raise Unavailable(f"smtp_{problem.smtp_code}") from None
        except smtplib.SMTPNotSupportedError:
            raise Unavailable("smtp_tls" if self.security.how == "starttls" else "smtp_auth") from None
        except ssl.SSLError:
            raise Unavailable("smtp_tls") from None
        except (smtplib.SMTPException, OSError) as problem:
            # smtplib tells of a slow server as of one that has hung up.
            slow = isinstance(problem, TimeoutError) or isinstance(problem.__context__, TimeoutError)
            raise Unavailable("smtp_timeout" if slow else "smtp_unreachable") from None
        return ""

    def _connected(self) -> smtplib.SMTP:
        port, how = self.port or PORTS[self.security.how], self.security.how
        me = self._sender("").domain or "localhost"  # else smtplib asks the DNS for the name of this machine
        if how == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, port, me, timeout=self.timeout, context=self.security.context())
        else:
            server = smtplib.SMTP(self.host, port, me, timeout=self.timeout)
        try:
            if how == "starttls":
                server.starttls(context=self.security.context())
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _sender(self, company: str) -> Address:
        return self.senders.get(company) or self.senders[""]

    def _message(self, mail: Mail) -> EmailMessage:
        sender = self._sender(mail.company)
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
        message["Date"] = format_datetime(self.clock())
        message["Message-ID"] = f"<{id_of(mail.key)}@{sender.domain}>"  # the same at every try: mailboxes drop the second
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text, cte="base64")
        return message
