"""Clients put photos of their cards into the pages; they see upright cards, are told what is wrong, and lose nothing."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app_fixtures import BING, Phone, app_template
from app_fixtures import Town as Pages
from banli.beginnings import Elsewhere
from banli.errors import Problem
from banli.hooks import Developed, Flaw, Home, Wish
from banli.plugins import MissingPart
from banli.testing import check_imaging
from banli.views import View, quad_of
from banli_imaging import ImagingPlugin
from banli_imaging.geometry import CARD_HIGH, CARD_WIDE
from banli_imaging.intake import Refused, decode
from banli_imaging.limits import FLAWS
from banli_imaging.words import WORDS
from desk_kit import open_desk
from site_kit import Open, changed, opened, with_plugins

from .photos import Photo, Scene, good, spoilt, take

__all__ = ["app_template", "opened"]

SITE = with_plugins({"banli_imaging": {"read": False, "seconds": 60}})
HEIC = Path(__file__).parents[1] / "fixtures" / "sample_card.heic"
HEIC_CORNERS = [(344, 258), (1334, 321), (1295, 946), (305, 883)]
RATIO = (CARD_WIDE + 2) / (CARD_HIGH + 2)


@pytest.fixture
async def town(opened: Open) -> AsyncIterator[Pages]:
    async with opened(site=SITE) as living:
        yield living


async def at_photos(town: Pages) -> Phone:
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    assert phone.step == "photos"
    return phone


async def asked(phone: Phone, path: str, content: bytes, kind: str) -> tuple[int, dict[str, Any]]:
    about = {"X-CSRF-Token": phone.fields["_csrf"][0], "Content-Type": kind, "Content-Length": str(len(content))}
    answer = await phone.client.post(f"{phone.at}/photo/{path}", data=content, headers=about)
    return answer.status_code, (await answer.get_json()) or {}


async def uploaded(phone: Phone, field: str, content: bytes) -> tuple[int, dict[str, Any]]:
    """As the page's script does it."""
    mark = b"boundary"
    body = b"--" + mark + b'\r\nContent-Disposition: form-data; name="file"; filename="photo"\r\nContent-Type: image/jpeg\r\n\r\n'
    return await asked(
        phone, field, body + content + b"\r\n--" + mark + b"--\r\n", f"multipart/form-data; boundary={mark.decode()}"
    )


async def seen(phone: Phone, field: str, **wish: Any) -> tuple[int, dict[str, Any]]:
    said = {"whole": False, "turn": 0, "quad": None, **wish}
    return await asked(phone, f"{field}/view", json.dumps(said).encode(), "application/json")


async def picture(phone: Phone, address: str) -> Image.Image:
    answer = await phone.client.get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    return Image.open(io.BytesIO(await answer.get_data(as_text=False)))


async def files(town: Pages, number: str) -> list[Any]:
    held = await town.parts.caseload.find(number=number)
    assert held is not None
    return [one for one in await town.parts.store.files_of(held.case.id) if not one.slot.startswith("on_file.")]


def distance(told: Any, photo: Photo) -> float:
    """How far the worst corner is off, to the card's long side."""
    assert photo.corners is not None
    here = np.array(told) * np.array(photo.scene.size)
    return float(np.linalg.norm(here - photo.corners, axis=1).max() / np.linalg.norm(photo.corners[1] - photo.corners[0]))


async def test_a_card_on_wood_becomes_an_upright_card_and_the_whole_photo_is_kept(town: Pages) -> None:
    """R-069, R-070: the answer is the cut card, the original lies beside it, and it is written down how one came of the other."""
    phone, photo = await at_photos(town), take(good(4, "wood", "front"))
    status, told = await uploaded(phone, "id_front", photo.jpeg)
    assert (status, told["whole"], told["turn"], told["flaws"], told["drawing"]) == (200, False, 0, [], "")
    card, whole = await picture(phone, told["src"]), await picture(phone, told["original"])
    assert abs(card.width / card.height / RATIO - 1) < 0.01
    assert whole.size == photo.scene.size
    assert distance(told["quad"], photo) < 0.01
    view, original = sorted(await files(town, phone.number), key=lambda file: file.slot)
    assert [original.slot, view.slot, view.id] == ["photos.id_front.original", "photos.id_front", told["id"]]
    quad = tuple(tuple(corner) for corner in told["quad"])
    cut = View.read(view.name)
    assert View.read(original.name) is None and cut is not None and not cut.reading
    assert replace(cut, reading=None) == View(original.id, "id_front", quad)
    await phone.get(phone.at)
    assert phone.fields["id_front"] == [told["id"]]
    assert all(words in phone.text for words in ("查看原图", "使用原图", "旋转"))
    assert "photo_crop" in phone.page


async def test_a_heic_file_as_a_phone_keeps_it_becomes_an_upright_card(town: Pages) -> None:
    """A real one (libheif and x265), of a drawn card: stored on its side, with the turn in its own box and in EXIF too, and with a
    place on earth that nobody gets to see."""
    phone, content = await at_photos(town), HEIC.read_bytes()
    assert b"irot" in content and b"Exif" in content
    status, told = await uploaded(phone, "id_front", content)
    assert (status, told["flaws"], told["whole"]) == (200, [], False)
    card, whole = await picture(phone, told["src"]), await picture(phone, told["original"])
    assert (whole.size, whole.getexif(), card.getexif()) == ((1600, 1200), {}, {})
    assert abs(card.width / card.height / RATIO - 1) < 0.01
    off = np.linalg.norm(np.array(told["quad"]) * (1600, 1200) - HEIC_CORNERS, axis=1)
    assert off.max() < 10


def test_without_a_decoder_for_heic_the_reason_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It becomes `imaging_heic`: the camera or a JPEG are the way then."""
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(Refused) as refused:
        decode(HEIC.read_bytes())
    assert refused.value.code == "file_heic"
    assert "JPEG" in WORDS["imaging_heic"]


async def test_a_signature_is_cut_out_of_its_sheet(town: Pages) -> None:
    """R-062."""
    phone, photo = await at_photos(town), take(Scene("signature", "wood", 1, fill=0.7))
    status, told = await uploaded(phone, "signature", photo.jpeg)
    assert (status, told["flaws"]) == (200, [])
    cut, whole = await picture(phone, told["src"]), await picture(phone, told["original"])
    assert cut.width * cut.height < 0.8 * whole.width * whole.height


@pytest.mark.parametrize(("flaw", "sentence"), [("blurred", "照片模糊"), ("dark", "照片太暗"), ("no_card", "没有找到身份证")])
async def test_a_photo_that_cannot_be_used_is_not_taken_and_the_client_is_told_why(town: Pages, flaw: str, sentence: str) -> None:
    """R-064: its own sentence, and a drawing of how to do better; what was there before stays."""
    phone = await at_photos(town)
    before = phone.fields["id_front"]
    status, told = await uploaded(phone, "id_front", take(spoilt(10, "dark", "front", flaw)).jpeg)
    assert (status, told["code"]) == (422, f"imaging_{flaw}")
    assert sentence in told["text"]
    assert told["drawing"].startswith("<svg")
    await phone.get(phone.at)
    assert (phone.fields["id_front"], await files(town, phone.number)) == (before, [])
    await phone.post(_go="next", files={"id_front.file": take(spoilt(10, "dark", "front", flaw)).jpeg})
    assert phone.status == 422
    assert sentence in phone.text
    assert 'data-help><svg class="pictogram"' in phone.page


async def test_what_only_may_be_wrong_is_said_and_the_photo_is_taken(town: Pages) -> None:
    phone = await at_photos(town)
    status, told = await uploaded(phone, "id_front", take(spoilt(10, "dark", "front", "copy")).jpeg)
    assert status == 200
    assert [text[:12] for text in told["flaws"]] == ["这张照片看起来是复印件。"]
    await phone.get(phone.at)
    assert "这张照片看起来是复印件" in phone.text


async def test_the_front_in_the_place_of_the_back_is_told_with_the_place_where_it_belongs(town: Pages) -> None:
    phone, photo = await at_photos(town), take(good(4, "wood", "front"))
    status, told = await uploaded(phone, "id_back", photo.jpeg)
    assert (status, told["code"], told["other"]) == (422, "imaging_other_side", "id_front")
    assert "另一面" in told["text"] and "另一面" in told["swap"]
    assert (await uploaded(phone, told["other"], photo.jpeg))[0] == 200


async def test_nothing_is_cut_off_for_good(town: Pages) -> None:
    """The whole original, turned, cut again, and cut along corners of one's own; each kept, and written down as by hand."""
    phone, photo = await at_photos(town), take(good(4, "wood", "front"))
    _, first = await uploaded(phone, "id_front", photo.jpeg)
    wide, high = photo.scene.size
    status, whole = await seen(phone, "id_front", whole=True)
    assert (status, whole["whole"], whole["quad"]) == (200, True, first["quad"])
    assert (await picture(phone, whole["src"])).tobytes() == (await picture(phone, first["original"])).tobytes()
    _, turned = await seen(phone, "id_front", whole=True, turn=1)
    assert (await picture(phone, turned["src"])).size == (high, wide)
    _, cut = await seen(phone, "id_front")
    assert (await picture(phone, cut["src"])).size == (await picture(phone, first["src"])).size
    _, upside = await seen(phone, "id_front", turn=2)
    there, back = [np.asarray(await picture(phone, one["src"]), np.int16) for one in (cut, upside)]
    assert np.abs(there - back[::-1, ::-1]).mean() < 3
    own = [[0.2, 0.2], [0.7, 0.2], [0.7, 0.6], [0.2, 0.6]]
    _, mine = await seen(phone, "id_front", quad=own)
    assert mine["quad"] == own
    kept = [(one.id, View.read(one.name)) for one in await files(town, phone.number)]
    views = [view for _, view in kept if view is not None]
    assert sorted(view.hand for view in views) == [False, True, True, True, True, True]
    assert {view.original for view in views} == {file for file, view in kept if view is None}
    await phone.get(phone.at)
    assert phone.fields["id_front"] == [mine["id"]]


@pytest.mark.parametrize(
    "quad",
    [
        [[0, 0], [1, 1], [1, 0], [0, 1]],
        [[0, 0], [0, 1], [1, 1], [1, 0]],
        [[0.5, 0.5], [0.52, 0.5], [0.52, 0.52], [0.5, 0.52]],
        [[0, 0], [9, 0], [9, 9], [0, 9]],
        [[0, 0], [1, 0], [1, 1]],
        [[0, 0], [1, 0], [1, True], [0, 1]],
        [[0, 0], [1, 0], [1, "1"], [0, 1]],
        {"0": 1},
        "corners",
    ],
)
async def test_corners_that_make_no_sheet_get_a_sentence(quad: Any) -> None:
    assert quad_of(quad) is None


async def test_what_a_script_says_wrongly_changes_nothing(town: Pages) -> None:
    phone, photo = await at_photos(town), take(good(4, "wood", "front"))
    _, first = await uploaded(phone, "id_front", photo.jpeg)
    for wish in (
        {"quad": [[0, 0], [1, 1], [1, 0], [0, 1]]},
        {"turn": 4},
        {"turn": 1.0},
        {"whole": "yes"},
        {"quad": [[0, 0]] * 4},
    ):
        status, told = await seen(phone, "id_front", **wish)
        assert (status, told["code"]) == (422, "photo_corners_wrong")
    assert (await seen(phone, "id_back"))[0] == 404
    assert (await seen(phone, "id_front.original"))[0] == 404
    answer = await phone.client.post(f"{phone.at}/photo/id_front/view", data=b"{}", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert len(await files(town, phone.number)) == 2
    await phone.get(phone.at)
    assert phone.fields["id_front"] == [first["id"]]
    original = first["original"].rpartition("/")[2]
    await phone.post(_go="next", certificate_safety="true", id_front=original)
    assert phone.step == "contact_phone"
    await phone.get(f"/8001/cases/{phone.number}/photos")
    assert phone.fields["id_front"] == [first["id"]], "which photo was taken is not for the page to say"


async def test_another_client_sees_and_changes_nothing(town: Pages) -> None:
    phone = await at_photos(town)
    _, told = await uploaded(phone, "id_front", take(good(4, "wood", "front")).jpeg)
    stranger = await town.phone().log_in(BING)
    assert [(await stranger.client.get(told[name])).status_code for name in ("src", "original")] == [404, 404]
    stranger.at = phone.at
    assert (await seen(stranger, "id_front", whole=True))[0] == 404


async def test_without_scripts_the_buttons_below_the_photo_do_the_same(town: Pages) -> None:
    """And what was typed on the page is kept."""
    phone, photo = await at_photos(town), take(good(4, "wood", "front"))
    await phone.post(_go="refresh", files={"id_front.file": photo.jpeg})
    first = phone.fields["id_front"][0]
    await phone.post(_view="id_front:whole:0", certificate_safety="true")
    assert (phone.status, phone.step) == (200, "photos")
    assert phone.fields["certificate_safety"] == ["true"]
    whole = phone.fields["id_front"][0]
    assert whole != first
    await phone.post(_view="id_front:whole:1")
    await phone.post(_view="id_front:cut:0")
    names = [View.read(one.name) for one in await files(town, phone.number)]
    assert sorted((view.whole, view.turn) for view in names if view is not None) == [(False, 0), (False, 0), (True, 0), (True, 1)]
    await phone.post(_view="id_front:upside:0")
    assert phone.status == 400
    await phone.get(f"{phone.at}")
    await phone.post(_go="next", certificate_safety="true")
    assert phone.step == "contact_phone"


async def test_one_photo_is_taken_though_the_one_beside_it_is_refused(town: Pages) -> None:
    """Also where a browser without scripts sends both at once."""
    phone = await at_photos(town)
    pictures = {
        "id_front.file": take(good(4, "wood", "front")).jpeg,
        "id_back.file": take(spoilt(10, "dark", "front", "blurred")).jpeg,
    }
    await phone.post(_go="next", certificate_safety="true", files=pictures)
    assert (phone.status, phone.step) == (422, "photos")
    assert ("照片模糊" in phone.text, phone.page.count("data-views"), phone.fields["certificate_safety"]) == (True, 3, ["true"])
    taken = [file.id for file in await files(town, phone.number) if file.slot == "photos.id_front"]
    assert phone.fields["id_front"] == taken
    blocks = re.findall(r"<div[^>]*data-views[^>]*>", phone.page)
    assert [block.endswith(" hidden>") for block in blocks] == [False, True, True]


async def test_a_photo_on_file_stays_as_it_is(town: Pages) -> None:
    phone = await at_photos(town)
    assert (await seen(phone, "signature", whole=True))[0] == 404
    await phone.post(_go="next", certificate_safety="true")
    assert phone.step == "contact_phone"


async def test_a_picture_that_kills_its_worker_hurts_nobody_else(town: Pages) -> None:
    """The pool has a new worker for the next photo."""
    phone, studio = await at_photos(town), town.parts.plugins.imaging
    await studio.pool.run({"do": "show"}, [])  # type: ignore[union-attr]
    assert (await uploaded(phone, "id_front", b"\xff\xd8\xff" + b"\0" * 500))[1]["code"] == "file_broken"
    assert (await uploaded(phone, "id_front", b"GIF89a"))[1]["code"] == "file_type"
    assert (await uploaded(phone, "id_front", b""))[1]["code"] == "file_empty"
    assert (await uploaded(phone, "id_front", take(good(4, "wood", "front")).jpeg))[0] == 200


async def test_while_one_photo_is_looked_at_other_clients_get_their_pages(opened: Open) -> None:
    """However long it takes: here its process stands still until the others have been served."""
    async with opened(site=with_plugins({"banli_imaging": {"read": False, "seconds": 120}})) as town:
        phone, other = await at_photos(town), town.phone()
        pool = town.parts.plugins.imaging.pool  # type: ignore[union-attr]
        (worker,) = pool.workers
        os.kill(worker, signal.SIGSTOP)
        try:
            sending = asyncio.create_task(uploaded(phone, "id_front", take(good(4, "wood", "front")).jpeg))
            while not pool.busy:
                await asyncio.sleep(0.01)
            await other.log_in(BING)
            assert (other.status, sending.done()) == (200, False)
        finally:
            os.kill(worker, signal.SIGCONT)
        assert (await sending)[0] == 200
        assert pool.workers == [worker]


async def test_a_company_lets_a_flaw_pass_with_a_warning(tmp_path: Path, clock: Any) -> None:
    plugin = ImagingPlugin({"warn": ["blurred"], "read": False, "seconds": 60}, Home(tmp_path, clock, True, tmp_path))
    try:
        made = await plugin.imaging().develop(take(spoilt(10, "dark", "front", "blurred")).jpeg, Wish("id_front"))
        assert isinstance(made, Developed)
        assert [(flaw.code, flaw.refuse) for flaw in made.flaws][:1] == [("imaging_blurred", False)]
        assert all(isinstance(flaw, Flaw) and flaw.threshold for flaw in made.flaws)
        assert await plugin.check() == ""
        assert await plugin.imaging().develop(b"x" * (13 * 1024 * 1024), Wish()) == Problem("", "file_too_large", {"most": 12})
        await check_imaging(plugin.imaging(), {"id_front": take(good(4, "wood", "front")).jpeg})
    finally:
        await plugin.stop()


async def test_a_worker_without_memory_is_told_to_the_operator(tmp_path: Path, clock: Any) -> None:
    plugin = ImagingPlugin({"memory": 20}, Home(tmp_path, clock, True, tmp_path))
    try:
        assert "memory" in await plugin.check()
        assert isinstance(await plugin.imaging().develop(take(good(4, "wood", "front")).jpeg, Wish("id_front")), Problem)
    finally:
        await plugin.stop()


def test_every_flaw_has_its_sentence_its_short_word_and_its_drawing() -> None:
    drawn = {path.stem for path in (Path(__file__).parents[2] / "plugins/banli_imaging/templates").glob("*.svg")}
    codes = {f"imaging_{flaw}" for flaw in (*FLAWS, "no_signature", "other_side")}
    assert drawn == codes
    assert {code for code in codes if code in WORDS and f"{code}_short" in WORDS} == codes


async def test_without_the_extra_the_site_does_not_start_and_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every client would be the one to find out."""
    monkeypatch.setattr("banli.plugins.find_spec", lambda name: None)
    plugin = ImagingPlugin({}, Home(tmp_path, lambda: datetime.now(UTC), True, tmp_path))
    with pytest.raises(
        MissingPart, match=r"banli_imaging: cv2 and numpy cannot be imported.* Install the extra 'banli\[imaging\]'"
    ):
        await plugin.start()


async def test_a_reviewer_sees_the_cut_card_and_the_whole_photo_side_by_side(tmp_path: Path, clock: Any) -> None:
    """With what was found in it as words."""
    async with open_desk(tmp_path / "var", clock, changed(tmp_path / "site", site=SITE)) as desk:
        visit = await desk.town.enter()
        number = await desk.town.start(visit)
        await desk.town.say(visit, number, "overview", edit="phone")
        taken = await desk.town.album.add(visit, number, "photos", "id_front", take(spoilt(10, "dark", "front", "copy")).jpeg)
        view = View.read(taken.name)  # type: ignore[union-attr]
        assert view is not None
        assert isinstance(await desk.town.say(visit, number, "photos", certificate_safety="true"), Elsewhere)
        await desk.town.say(visit, number, "contact_phone", contact_phone="0371-65951234")
        await desk.town.sign(visit, number)
        browser = await desk.signed_in()
        await browser.get(f"/desk/cases/{number}")
        assert "原图" in browser.text
        assert f"/files/{view.original}" not in browser.page
        await browser.post(f"/desk/cases/{number}/claim")
        await browser.get(f"/desk/cases/{number}")
        assert re.search(r"身份证正面 修改后 .*?原登记资料 .*?修改后 .*?原图 由系统自动裁切。 可能是复印件", browser.text)
        for file in (taken.id, view.original):  # type: ignore[union-attr]
            found = await browser.get(f"/desk/cases/{number}/files/{file}", **{"Sec-Fetch-Dest": "image"})
            assert (found.status_code, found.mimetype) == (200, "image/jpeg")
        await browser.get(f"/desk/cases/{number}/photos/{view.original}")
        assert "身份证正面 · 原图" in browser.text
