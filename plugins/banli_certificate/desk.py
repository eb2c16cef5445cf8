"""At the desk: a client's certificates by the number of a case, and revoking one for a reason that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from banli.counters import Answer, Colleague, Counter, Shown
from banli.errors import Problem
from banli.hooks import Entry, Home, Ledger, Place, Unavailable
from banli_certificate.keys import DeviceKeys

CASE, REVOCATION = "case", "revocation"
"""Kinds in the ledger: whose a case is (by its number), who has revoked (by serial)."""
SHORTEST, LONGEST = 3, 500


def _(msgid: str) -> str:
    return msgid


async def noted(ledger: Ledger, place: Place) -> None:
    """Keeps whose the case is, so that it can be found again: nobody at the desk has to know an ID number for that."""
    if await ledger.get(CASE, place.number) is None:
        await ledger.add(CASE, place.number, place.client, {"company": place.company, "case": place.case})


class CertificateDesk(Counter):
    path: ClassVar[str] = "certificates"
    right: ClassVar[str] = "certificates"
    title: ClassVar[str] = _("Certificates")

    def __init__(self, keys: DeviceKeys, ledger: Callable[[], Ledger], home: Home) -> None:
        self._keys, self._ledger, self._home = keys, ledger, home

    async def page(self, who: Colleague, path: str, asked: Mapping[str, str]) -> Shown | None:
        if path:
            return None
        number = asked.get("case", "").strip()[:60]
        case = await self._case(who, number)
        shown = [await self._told(entry) for entry in await self._keys.all(case.owner)] if case is not None else []
        values = {"number": number, "found": case is not None, "certificates": shown, "said": asked.get("said", "")}
        return Shown("desk_certificates", _("Certificates"), values, ("certificate_desk",))

    async def call(self, who: Colleague, path: str, said: Mapping[str, Any]) -> Answer:
        """Revokes. It counts from now on, also where the authority does not hear of it at once."""
        case = await self._case(who, str(said.get("case", ""))[:60])
        if path != "revoke" or case is None:
            return None
        why = " ".join(str(said.get("why", "")).split())
        if not SHORTEST <= len(why) <= LONGEST:
            return Problem("why", "certificate_why_missing")
        serial = str(said.get("serial", ""))
        active = [entry for entry in await self._keys.all(case.owner) if entry.document["state"] == "active"]
        if serial not in [entry.document["serial"] for entry in active]:
            return Problem("", "certificate_gone")
        at = self._home.clock().isoformat(timespec="seconds")
        by = {"by": who.actor, "name": who.name, "why": why, "at": at, "case": said["case"]}
        await self._ledger().add(REVOCATION, serial, case.owner, by)
        await self._keys.forget(case.owner, "staff")
        if self._home.works is not None:
            await self._home.works.note(case.document["case"], who.actor, "certificate.revoked", {"serial": serial, "why": why})
        return {}

    async def _case(self, who: Colleague, number: str) -> Entry | None:
        """The case, where it is one of the companies of this member of staff."""
        entry = await self._ledger().get(CASE, number) if number else None
        return entry if entry is not None and entry.document["company"] in who.companies else None

    async def _told(self, entry: Entry) -> Mapping[str, Any]:
        serial = str(entry.document["serial"])
        told: dict[str, Any] = {
            "state": "silent" if entry.document["state"] == "active" else "revoked",
            "reason": "",
            "gone": None,
        }
        with suppress(Unavailable):
            standing = await self._keys.authority.status(serial)
            told = {"state": standing.state, "reason": standing.reason, "gone": standing.at}
        by = await self._ledger().get(REVOCATION, serial)
        return {
            **told, "serial": serial, "since": entry.created_at,
            "ends": datetime.fromisoformat(entry.document["ends"]), "by": by.document if by is not None else None,
            "revocable": entry.document["state"] == "active",
        }  # fmt: skip
