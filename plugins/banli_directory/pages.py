"""The simulator's pages in a demo: how it behaves, who is on file, and what has arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from banli.hooks import Page
from banli_directory import switches
from banli_directory.simulator import Client, Effect, Simulator
from banli_directory.switches import REFUSALS, SLOWEST

Fields = Mapping[str, str]
Values = dict[str, Any]


class SimulatorPages:
    """`show` gives a template its values; `change` does what was posted and gives the query to show the page with again."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def all(self) -> Sequence[Page]:
        return (
            Page("", "simulator.html", self.show, self.change),
            Page("client", "client.html", self.show_client),
        )

    async def show(self, fields: Fields) -> Values:
        effects = await self._simulator.effects()
        return {
            "said": fields.get("said", ""),
            "switches": await self._simulator.switches(),
            "refusals": dict(REFUSALS),
            "slowest": SLOWEST,
            "clients": await self._simulator.clients(),
            "effects": effects[:-21:-1],
        }

    async def change(self, fields: Fields) -> dict[str, str]:
        """Restores a client when one is named, else takes over the switches."""
        if "ref" in fields:
            await self._simulator.restore(fields.get("company", ""), fields["ref"])
            return {"said": "restored"}
        try:
            await self._simulator.switch(**switches.from_form(fields))
        except ValueError:
            return {"said": "wrong"}
        return {"said": "switched"}

    async def show_client(self, fields: Fields) -> Values:
        client = await self._find(fields)
        effects = await self._simulator.effects(client.company, client.ref) if client else []
        return {
            "client": client,
            "rows": _rows(client) if client else [],
            "effects": [(effect, _changes(effect)) for effect in reversed(effects)],
        }

    async def _find(self, fields: Fields) -> Client | None:
        clients = await self._simulator.clients(fields.get("company") or "-")
        return next((client for client in clients if client.ref == fields.get("ref")), None)


def _rows(client: Client) -> list[tuple[str, str]]:
    return [(name, _plain(value)) for name, value in sorted(client.record.items())]


def _changes(effect: Effect) -> list[tuple[str, str, str]]:
    return [(name, _plain(effect.before.get(name)), _plain(value)) for name, value in sorted(effect.changes.items())]


def _plain(value: Any) -> str:
    """A value of a record as a developer reads it."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_plain(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
