"""The outbox of a demo, for text messages: a newcomer or a test reads the code in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from banli import china, outbox
from banli_otp.gateways import id_of

_CODE = re.compile(r"(?<!\d)\d{4,8}(?!\d)")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has arrived. `phone` is masked. `code` is "" without one."""

    id: str
    phone: str
    text: str
    code: str
    sent: datetime


class Outbox(outbox.Outbox):
    """A `banli.hooks.SmsGateway`."""

    async def send(self, phone: str, text: str, key: str = "") -> str:
        """With a `key` the message lies here once, however often it is sent."""
        id = id_of(key)
        await self.put(id, china.mask_phone(phone), "", text)
        return id

    async def messages(self, phone: str = "", limit: int = 20) -> list[Message]:
        """What has arrived by now, newest first. With `phone` (in full), only its messages."""
        found = await self.posted(china.mask_phone(phone) if phone else "", limit)
        return [Message(one.id, one.to, one.text, _code(one.text), one.sent) for one in found]


def _code(text: str) -> str:
    found = _CODE.search(text)
    return found[0] if found else ""
