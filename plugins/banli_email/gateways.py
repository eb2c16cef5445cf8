"""The gateways that send nothing: the outbox of a demo, and the twin that always fails."""

from __future__ import annotations

import hashlib

from banli.hooks import Mail, Unavailable
from banli.mails import mask_address
from banli.outbox import Outbox, Posted


class MailOutbox(Outbox):
    """A `banli.hooks.MailGateway`. The same key lies here once, however often it is sent."""

    async def send(self, mail: Mail) -> str:
        await self.put(id_of(mail.key), mask_address(mail.to), mail.subject, mail.text)
        return ""

    async def mails(self, to: str = "", limit: int = 20) -> list[Posted]:
        """What has arrived by now, newest first. With `to` (the address in full), only its mails."""
        return await self.posted(mask_address(to) if to else "", limit)


class FailingGateway:
    """The twin that fails: no e-mail is ever sent."""

    async def send(self, mail: Mail) -> str:
        raise Unavailable("gateway_down")


def id_of(key: str) -> str:
    return hashlib.sha256(b"banli mail " + key.encode()).hexdigest()[:32]
