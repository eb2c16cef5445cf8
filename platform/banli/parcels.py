"""What pages of plugins hand over that is long: in parts, through the same uploads as photos, and then to the plugin."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from banli.album import ROOM
from banli.beginnings import Elsewhere
from banli.cases import Cases, Look
from banli.clients import Visit
from banli.errors import Problem
from banli.hooks import Reply
from banli.limits import SENDING, slowed
from banli.uploads import Owner, Room, Upload, Uploads


class Parcels:
    """As in `Cases`, a visit reaches only its own client's cases; a step takes what its attendant's `parcels` name."""

    def __init__(self, cases: Cases, uploads: Uploads) -> None:
        self.cases, self.uploads = cases, uploads
        self._finishing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def begin(self, visit: Visit, number: str, step: str, name: str, size: int, digest: str) -> Upload | Problem | None:
        """None: nothing of this name is taken there."""
        look = await self.cases.look(visit, number, step)
        attendant = self.cases.attendant(look) if isinstance(look, Look) else None
        if not isinstance(look, Look) or attendant is None or name not in attendant.parcels:
            return None
        if problem := await slowed(self.uploads.store, SENDING, visit.counted):
            return problem
        owner, room = Owner(look.held.row, _slot(step, name)), Room(attendant.parcels[name], ROOM.together)
        upload = await self.uploads.begin(owner, size, digest, room)
        if isinstance(upload, Upload) and upload.result:
            # The same once more: the plugin says what is to become of it now.
            await self.uploads.drop(owner, upload.id)
            upload = await self.uploads.begin(owner, size, digest, room)
        return upload

    async def part(
        self, visit: Visit, number: str, step: str, name: str, id: str, part: int, content: bytes, digest: str
    ) -> Upload | Problem | None:
        """None: there is no such upload; begin again."""
        held = await self.cases.outcome(visit, number)
        if held is None:
            return None
        if problem := await slowed(self.uploads.store, SENDING, visit.counted):
            return problem
        return await self.uploads.part(Owner(held.row, _slot(step, name)), id, part, content, digest)

    async def finish(self, visit: Visit, number: str, step: str, name: str, id: str) -> Reply | Elsewhere | None:
        """All parts are there: the plugin takes it. What it refuses stays for another try; who asks twice is told the same.
        None: not all of it is there; begin again."""
        held = await self.cases.outcome(visit, number)
        if held is None:
            return None
        owner = Owner(held.row, _slot(step, name))
        async with self._finishing.setdefault(f"{owner.name}.{id}", asyncio.Lock()):
            upload = await self.uploads.state(owner, id)
            if upload is None:
                return None
            if upload.result:
                said: Mapping[str, Any] = json.loads(upload.result)
                return Reply(said)
            content = await self.uploads.content(owner, upload)
            if content is None:
                await self.uploads.drop(owner, id)
                return None
            reply = await self.cases.take(visit, number, step, name, content)
            if isinstance(reply, Reply) and reply.problem is None:
                await self.uploads.done(owner, id, json.dumps(dict(reply.said)))
            return reply


def _slot(step: str, name: str) -> str:
    return f"{step}.{name}"
