"""E-mails: what one is, and who can send it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain text to one address. The same `key` is the same mail: a second try, not a second mail."""

    company: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    key: str

    def __post_init__(self) -> None:
        """A line break in a header would write further headers: ValueError, whoever made the mail."""
        if not is_address(self.to):
            raise ValueError("This is not one e-mail address.")
        if not is_one_line(self.subject):
            raise ValueError("The subject of an e-mail is one line.")


@runtime_checkable
class MailGateway(Protocol):
    """Sends e-mails."""

    async def send(self, mail: Mail) -> str:
        """"" once the mail is handed over, or the code of why nobody will ever get it (the address does not exist). Raises
        `Unavailable` when it should be tried again."""


def is_address(text: str) -> bool:
    """One plain address such as mail systems of today take: no name, no list, no quotes."""
    local = text.partition("@")[0]
    odd = local.startswith(".") or local.endswith(".") or ".." in local
    return len(text) <= LONGEST_ADDRESS and not odd and _ADDRESS.fullmatch(text) is not None


def is_one_line(text: str) -> bool:
    return _UNSEEN.search(text) is None


def mask_address(text: str) -> str:
    """`z***@example.com`, as it may stand on a page or in a demo's outbox."""
    local, at, domain = text.partition("@")
    return f"{local[:1] if len(local) > 1 else ''}***{at}{domain}" if at else "***"
