"""What flows can ask of the core system and have done by it: `directory.account`, `directory.request`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from banli.hooks import ActionKind, Directory, Errand, InquiryKind, Outcome, Question
from banli_directory.affairs import REQUESTS, Request


def _(msgid: str) -> str:
    """Marks a sentence for the catalogue."""
    return msgid


WORDS: Mapping[str, str] = {
    "account_not_dormant": _("The account is not dormant."),
    "account_not_empty": _("Something is still to be settled in the account."),
    "code_open_already": _("This trading code was opened before."),
    "code_not_eligible": _("The exchange has not accepted the application. Please ask the company for the reason."),
}
"""What a client reads where a request is refused and the flow tells so (`refusal: tell`), by the code of the refusal."""


class Core(Directory, Protocol):
    """A directory that also knows accounts and takes requests."""

    async def account(self, company: str, ref: str) -> Mapping[str, Any] | None: ...
    async def request(self, asked: Request) -> Outcome: ...


class AccountInquiry(InquiryKind):
    """The state of the client's account: what must be settled before it can be closed, whether it sleeps."""

    name = "directory.account"
    answers: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "status": {"type": "string", "enum": ["active", "dormant", "closed"]},
        "positions": {"type": "integer"},
        "funds": {"type": "number"},
        "unsettled_fees": {"type": "number"},
        "in_transit": {"type": "integer"},
        "bank_links": {"type": "integer"},
        "years": {"type": "integer"},
        "last_trade": {"type": "string", "format": "date"},
        "equity": {"type": "number"},
        "codes": {"type": "array", "items": {"type": "string"}},
    }

    def __init__(self, core: Core) -> None:
        self._core = core

    async def ask(self, question: Question) -> Mapping[str, object]:
        state = await self._core.account(question.company, question.ref) or {}
        return {name: state.get(name) for name in self.answers}


class DirectoryRequest(ActionKind):
    """Asks the core system for something that it decides: the answer may take a while."""

    name = "directory.request"
    required = ("request",)
    options: ClassVar[Mapping[str, Any]] = {
        "request": {
            "enum": list(REQUESTS),
            "description": "activate a sleeping account, close it, reset_password (the system sends a new one), open_code "
            "(a trading code at the exchange that `each` names), create a client.",
        }
    }

    def __init__(self, core: Core) -> None:
        self._core = core

    async def run(self, errand: Errand) -> Outcome:
        kind = str(errand.options["request"])
        record = {**errand.record, **errand.changes} if kind == "create" else None
        pictures = errand.pictures if kind == "create" else None
        ref = str(errand.record.get("ref", ""))
        told = Request(errand.company, ref, kind, errand.key, errand.item, record, pictures, errand.number)
        return await self._core.request(told)
