"""Photos that come in parts: cut networks, lost answers, reloads; and those who would fill the disk or reach into other cases."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app_fixtures import BING, Phone, Town, app_template, photo, town
from banli.errors import Problem
from banli.store import CaseRow, Store
from banli.sweeping import keep_swept, swept
from banli.uploads import KIND, PART, Owner, Room, Upload, Uploads
from store_kit import client_of, started

__all__ = ["app_template", "town"]

LARGE = photo(1600, 1200)
"""Of four parts or more."""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Sender:
    """As the page's script sends a photo."""

    def __init__(self, phone: Phone, content: bytes = LARGE, field: str = "id_front") -> None:
        self.phone, self.content, self.field = phone, content, field
        self.id, self.have = "", []

    def parts(self) -> list[bytes]:
        return [self.content[at : at + PART] for at in range(0, len(self.content), PART)]

    async def ask(
        self, method: str, path: str = "", data: bytes = b"", kind: str = "", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        about = {"X-CSRF-Token": self.phone.fields["_csrf"][0], "Content-Type": kind, "Content-Length": str(len(data)), **headers}
        address = f"{self.phone.at}/photo/{self.field}/parts{path}"
        answer = await self.phone.client.open(address, method=method, data=data, headers=about)
        return answer.status_code, (await answer.get_json(silent=True)) or {}

    async def begin(self, **said: Any) -> tuple[int, dict[str, Any]]:
        said = {"size": len(self.content), "sha256": digest(self.content), **said}
        status, told = await self.ask("POST", data=json.dumps(said).encode(), kind="application/json")
        self.id, self.have = told.get("id", self.id), told.get("have", [])
        return status, told

    async def put(self, number: int, content: bytes | None = None, said: str = "") -> tuple[int, dict[str, Any]]:
        content = self.parts()[number] if content is None else content
        about = {"X-Part-Sha256": said or digest(content)}
        return await self.ask("PUT", f"/{self.id}/{number}", content, "application/octet-stream", **about)

    async def finish(self) -> tuple[int, dict[str, Any]]:
        return await self.ask("POST", f"/{self.id}")

    async def send(self) -> tuple[int, dict[str, Any]]:
        await self.begin()
        for number in range(len(self.parts())):
            assert (await self.put(number))[0] == 200
        return await self.finish()


async def at_photos(town: Town, id_number: str = BING) -> Phone:
    phone = await town.phone().log_in(id_number)
    await phone.post(edit="identity", _go=None)
    assert phone.step == "photos"
    return phone


async def files(town: Town, number: str) -> list[Any]:
    held = await town.parts.caseload.find(number=number)
    assert held is not None
    return [one for one in await town.parts.store.files_of(held.case.id) if not one.slot.startswith("on_file.")]


def left(town: Town) -> list[Path]:
    """Parts that lie on the disk."""
    return [path for path in (town.parts.site.var / "blobs" / "uploads").rglob("*") if path.is_file()]


async def test_a_photo_in_parts_becomes_the_photo_of_its_place_and_its_parts_go(town: Town) -> None:
    """R-072"""
    phone = await at_photos(town)
    sender = Sender(phone)
    assert len(sender.parts()) >= 4
    status, told = await sender.begin()
    assert (status, told["part"], told["have"]) == (200, PART, [])
    for number in (2, 0, 1):
        status, told = await sender.put(number)
    assert (status, told["have"]) == (200, [0, 1, 2])
    assert all(LARGE[:64] not in path.read_bytes() and path.stat().st_size > PART for path in left(town))
    for number in range(3, len(sender.parts())):
        await sender.put(number)
    status, told = await sender.finish()
    assert (status, sorted(told)) == (200, ["id", "src"])
    assert [(file.id, file.slot) for file in await files(town, phone.number)] == [(told["id"], "photos.id_front")]
    assert left(town) == []
    await phone.get(phone.at)
    assert phone.fields["id_front"] == [told["id"]]


async def test_after_a_cut_or_a_reload_only_what_is_missing_is_sent(town: Town) -> None:
    phone = await at_photos(town)
    sender = Sender(phone)
    await sender.begin()
    await sender.put(0)
    await sender.put(1)
    await phone.get(phone.at)
    again = Sender(phone)
    assert (await again.begin())[1] == {"id": sender.id, "part": PART, "have": [0, 1]}
    for number in range(2, len(again.parts())):
        await again.put(number)
    assert (await again.finish())[0] == 200


async def test_every_answer_may_be_lost_and_asked_for_again(town: Town) -> None:
    phone = await at_photos(town)
    sender = Sender(phone)
    await sender.begin()
    first = sender.id
    await sender.begin()
    assert sender.id == first
    for number in range(len(sender.parts())):
        assert await sender.put(number) == await sender.put(number)
    one, two = await asyncio.gather(sender.finish(), sender.finish())
    assert one == two and one[0] == 200
    assert await sender.finish() == one
    assert (await sender.begin(), await sender.finish()) == (
        (200, {"id": first, "part": PART, "have": [*range(len(sender.parts()))]}),
        one,
    )
    assert len(await files(town, phone.number)) == 1


async def test_the_same_photo_is_taken_anew_once_another_stands_in_its_place(town: Town) -> None:
    phone = await at_photos(town)
    _, one = await Sender(phone).send()
    _, other = await Sender(phone, photo()).send()
    status, back = await Sender(phone).send()
    assert status == 200 and len({one["id"], other["id"], back["id"]}) == 3
    await phone.get(phone.at)
    assert phone.fields["id_front"] == [back["id"]]


async def test_a_part_that_is_not_what_it_says_is_not_taken(town: Town) -> None:
    phone = await at_photos(town)
    sender = Sender(phone)
    await sender.begin()
    whole = sender.parts()[0]
    assert [(await sender.put(0, content, said))[1].get("code") for content, said in (
        (whole[:-1], ""), (whole[:-1] + b"x", digest(whole)), (b"", ""), (whole, "no digest"),
    )] == ["part_wrong"] * 4  # fmt: skip
    assert (await sender.put(0, whole + b"x"))[0] == 413
    assert [(await sender.ask("PUT", path, whole, "application/octet-stream"))[0] for path in (
        f"/{sender.id}/99", f"/{sender.id}/-1", f"/{'0' * 32}/0", "/x/0",
    )] == [404] * 4  # fmt: skip
    assert left(town) == []
    assert (await sender.finish())[0] == 404  # not all of it is there


async def test_what_is_announced_is_limited_before_anything_is_sent(town: Town) -> None:
    phone = await at_photos(town)
    sender = Sender(phone)
    assert [(await sender.begin(**said))[1].get("code") for said in (
        {"size": 12 * 1024 * 1024 + 1}, {"size": 0}, {"size": -5}, {"sha256": "A" * 64},
    )] == ["file_too_large", "file_empty", "file_empty", "file_empty"]  # fmt: skip
    assert [(await sender.begin(**said))[0] for said in ({"size": "5"}, {"size": 1.5}, {"sha256": None})] == [400] * 3
    sender.field = "certificate_safety"
    assert (await sender.begin())[0] == 404
    sender.field, sender.id = "id_front", "0" * 32
    phone.fields["_csrf"] = ["forged"]
    assert [(await sender.begin())[0], (await sender.put(0))[0], (await sender.finish())[0]] == [400, 400, 400]


async def test_what_is_no_photo_is_refused_with_a_sentence_at_the_end(town: Town) -> None:
    phone = await at_photos(town)
    sender = Sender(phone, b"%PDF-1.7" + b"no picture" * 40_000)
    assert (await sender.send())[1]["code"] == "file_type"
    assert await sender.finish() == (422, (await sender.finish())[1])  # asked again, told again
    assert (await Sender(phone).send())[0] == 200
    assert left(town) == []


async def test_nobody_reaches_the_upload_of_another_client(town: Town) -> None:
    mine, theirs = await at_photos(town), await at_photos(town, "410105199508130039")
    sender = Sender(mine)
    await sender.begin()
    await sender.put(0)
    thief = Sender(theirs)
    thief.id = sender.id
    assert [(await thief.put(1))[0], (await thief.finish())[0]] == [404, 404]
    theirs.at = mine.at
    assert [(await thief.begin())[0], (await thief.put(1))[0], (await thief.finish())[0]] == [404, 404, 404]
    stranger = Sender(replace(mine, client=town.app.test_client()))
    stranger.id = sender.id
    assert {(await stranger.begin())[0], (await stranger.put(1))[0], (await stranger.finish())[0]} == {303}


# the mechanism alone: whatever is uploaded, for whatever


ROOM = Room(3 * PART, 4 * PART)


async def began(uploads: Uploads, owner: Owner, content: bytes) -> Upload:
    upload = await uploads.begin(owner, len(content), digest(content), ROOM)
    assert isinstance(upload, Upload)
    return upload


async def owner(store: Store, slot: str = "video.recording", **case: Any) -> Owner:
    row: CaseRow = await started(store, **case)
    return Owner(row, slot)


async def test_a_case_can_be_promised_only_so_much_at_once(store: Store) -> None:
    uploads, mine = Uploads(store), await owner(store)
    await began(uploads, mine, bytes(3 * PART))
    other = replace(mine, slot="video.second")
    assert await uploads.begin(other, 2 * PART, digest(b"x"), ROOM) == Problem("", "upload_full")
    assert isinstance(await uploads.begin(other, PART, digest(b"x"), ROOM), Upload)
    assert isinstance(await uploads.begin(mine, 2 * PART, digest(b"y"), ROOM), Upload)  # in place of its own
    elsewhere = await owner(store, client=client_of(store, "another"))
    assert isinstance(await uploads.begin(elsewhere, 3 * PART, digest(b"x"), ROOM), Upload)


async def test_an_upload_that_nobody_goes_on_with_is_swept_with_its_parts(store: Store, clock: Any, tmp_path: Path) -> None:
    uploads, mine = Uploads(store), await owner(store)
    content = b"r" * (PART + 10)
    upload = await began(uploads, mine, content)
    clock.forward(minutes=90)
    assert isinstance(await uploads.part(mine, upload.id, 0, content[:PART], digest(content[:PART])), Upload)
    clock.forward(minutes=90)
    assert await uploads.sweep() == 0
    clock.forward(minutes=90)
    assert await uploads.sweep() == 1
    assert [path for path in (tmp_path / "blobs" / "uploads").rglob("*") if path.is_file()] == []
    assert await uploads.part(mine, upload.id, 1, content[PART:], digest(content[PART:])) is None
    assert await store.ledger_entry("banli", KIND, mine.name) is None


async def test_the_application_sweeps_while_it_runs(store: Store, clock: Any) -> None:
    uploads, mine = Uploads(store), await owner(store)
    await began(uploads, mine, b"r" * 10)
    clock.forward(hours=3)
    sweeping = asyncio.create_task(keep_swept(store, uploads, 0.01))
    while await store.ledger_entry("banli", KIND, mine.name) is not None:
        await asyncio.sleep(0.01)
    sweeping.cancel()
    gone = await swept(store, uploads, files=True)
    assert {name: gone[name] for name in ("uploads", "files", "parts")} == {"uploads": 0, "files": 0, "parts": 0}


async def test_parts_of_which_nobody_knows_are_swept_after_a_day(store: Store, clock: Any) -> None:
    clock.now = datetime.now(UTC)  # files carry the machine's time
    mine = await owner(store)
    await store.put_part(mine.case, "0" * 32, "0-x", b"left over")
    assert await store.sweep_parts() == 0
    clock.forward(days=2)
    assert await store.sweep_parts(timedelta(days=1)) == 1


async def test_two_parts_that_come_at_once_are_both_known(store: Store) -> None:
    uploads, mine = Uploads(store), await owner(store)
    content = b"a" * PART + b"b" * PART + b"c"
    upload = await began(uploads, mine, content)
    pieces = [content[at : at + PART] for at in range(0, len(content), PART)]
    await asyncio.gather(*(uploads.part(mine, upload.id, n, piece, digest(piece)) for n, piece in enumerate(pieces)))
    stands = await uploads.state(mine, upload.id)
    assert stands is not None and stands.complete
    assert [piece async for piece in uploads.pieces(mine, stands)] == pieces
    assert await uploads.content(mine, stands) == content
    await uploads.done(mine, upload.id, "kept as this")
    assert await uploads.content(mine, stands) is None
    done = await uploads.begin(mine, len(content), digest(content), ROOM)
    assert isinstance(done, Upload) and (done.id, done.result) == (upload.id, "kept as this")
