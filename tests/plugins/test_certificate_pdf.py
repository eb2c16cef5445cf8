"""Agreements signed as PDFs: the client's own signature inside, the company's seal, and what is refused (R-101, R-111 to R-113)."""

from __future__ import annotations

import asyncio
import io
import json
import re
import sys
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from phone_kit import Phone as Key
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from app_fixtures import app_template
from banli.bindery import GIVES_UP
from banli.engine import commands
from banli.pdfs import drawing
from banli.pdfs.drawing import Sheet, draw
from banli_certificate.asking import sent
from banli_certificate.keys import text_of
from banli_certificate.pdf.attributes import signed_attributes
from banli_certificate.pdf.binding import finished
from pdf_kit import (
    LISTED,
    drawn,
    held_of,
    judged,
    papers_of,
    pdf_files,
    pdfsig,
    plugin_of,
    signed,
    slots_of,
    words_of,
)
from signing_kit import at_list
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

VALID = "Signature is Valid."


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **pdf_files()) as town:
        yield town


async def test_a_client_signs_each_text_inside_its_pdf_and_the_company_seals_it(town: Any, tmp_path: Path) -> None:
    """R-101, R-111: poppler and pyHanko accept both signatures; the file is PDF/A, says whose it is, and needs no other font."""
    pen = await at_list(town)
    assert await pen.offer() == {"coming": 2, "all": 3}, "being drawn; nothing is offered half"
    assert await town.parts.worker().run_due() == 1
    assert await slots_of(town, pen) == sorted(("draft", row) for row in LISTED)
    await signed(town, pen)
    town.clock.forward(seconds=90)
    before = town.clock()
    assert await town.parts.worker().run_due() == 1
    assert await slots_of(town, pen) == sorted(("paper", row) for row in LISTED), "drafts are of no use any more"
    held, papers = await held_of(town, pen), await papers_of(town, pen)
    assert sorted(papers) == sorted(LISTED)
    for one, paper in papers.values():
        said = json.loads(one["statement"])
        assert paper.sealed and said["pdf"] == one["pdf"]["digest"], "the statement names the very file"
        told = pdfsig(paper.content, tmp_path)
        assert (told.pop("Client"), told.pop("Company")) == (VALID, VALID) and len(told) == 1, "and a time stamp over all"
        found = await judged(paper.content, town)
        assert all(it.holds and it.intact and not it.revoked for it in found.values()), found
        assert {it.stamped for it in found.values()} == {before}, "by the site's clock"
        words = words_of(paper.content, tmp_path)
        facts = (said["title"], said["number"], held.case.number, "样本甲", "4101**********0039", said["text"], "客户电子签名")
        assert [fact for fact in facts if fact not in re.sub(r"\s", "", words)] == []
        assert "19950813" not in words, "the ID number is masked"
        _is_pdf_a(paper.content)


def _is_pdf_a(content: bytes) -> None:
    """What can be seen of ISO 19005-2 without a validator: it says so, says its colours, brings its fonts, and runs nothing."""
    file = PdfFileReader(io.BytesIO(content))
    told = file.root["/Metadata"].data.decode()
    assert re.search(r"pdfaid:part[=>]\"?2", told) and re.search(r"pdfaid:conformance[=>]\"?B", told)
    (intent,) = file.root["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1" and "/DestOutputProfile" in intent
    assert "/Encrypt" not in file.trailer and "/OpenAction" not in file.root and "/Names" not in file.root
    fonts = [font for page in file.root["/Pages"]["/Kids"] for font in page.get_object()["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        (descendant,) = font.get_object()["/DescendantFonts"]
        about = descendant.get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & about.keys(), about
    for page in file.root["/Pages"]["/Kids"]:
        for note in page.get_object().get("/Annots", ()):
            assert note.get_object()["/F"] & 4, "printed"


async def test_whoever_changes_a_byte_or_signs_with_another_key_is_found_out(town: Any, tmp_path: Path) -> None:
    pen = await signed(town)
    await town.parts.worker().run_due()
    _, paper = (await papers_of(town, pen))["risk_disclosure"]
    at = paper.content.index(b"/Type /Page")
    for place in (at + 8, 20_000):
        changed = bytearray(paper.content)
        changed[place] ^= 1
        told = pdfsig(bytes(changed), tmp_path)
        assert told.get("Client") != VALID and told.get("Company") != VALID, (place, told)
        try:
            found = await judged(bytes(changed), town)
        except Exception:  # so broken that it is no PDF any more
            continue
        assert not any(it.intact or it.holds for it in found.values()), (place, found)
    foreign = bytes(await plugin_of(town).authority.certificate((await plugin_of(town).offices.get("seal")).serial))
    assert not any(it.holds for it in (await judged(paper.content, town, root=foreign)).values()), "of another root"


async def test_the_signature_of_another_key_fits_no_pdf(town: Any, tmp_path: Path) -> None:
    """A file that somebody puts together of the draft and another's signature is refused by every reader, ours too."""
    from asn1crypto import x509

    pen = await drawn(town)
    held = await held_of(town, pen)
    drafts = [file for file in await town.parts.store.files_of(held.case.id) if file.slot == "draft"]
    _, draft = await town.parts.store.file(held.case.id, drafts[0].id)
    await signed(town, pen)
    one, _ = (await papers_of(town, pen))[json.loads(drafts[0].name)["row"]]
    certificate = await plugin_of(town).authority.certificate(one["serial"])
    value = Key().sign(signed_attributes(bytes.fromhex(one["pdf"]["digest"]), certificate))
    above = [x509.Certificate.load(content) for content in await plugin_of(town).authority.chain()]
    forged = await finished(draft, value, x509.Certificate.load(certificate), above, None)
    assert pdfsig(forged, tmp_path)["Client"] != VALID
    assert not (await judged(forged, town))["Client"].intact
    real = await finished(draft, b64decode(one["pdf"]["signature"]), x509.Certificate.load(certificate), above, None)
    assert pdfsig(real, tmp_path)["Client"] == VALID and (await judged(real, town))["Client"].holds


async def test_a_revoked_certificate_is_refused(town: Any) -> None:
    """Revoked later, the time stamp keeps the signature: it was made before. Without one nobody can tell."""
    pen = await signed(town)
    held = await held_of(town, pen)
    unsealed = (await papers_of(town, pen))["risk_disclosure"][1]
    assert not unsealed.sealed
    await town.parts.worker().run_due()
    sealed = (await papers_of(town, pen))["risk_disclosure"][1]
    town.clock.forward(hours=1)
    await plugin_of(town).keys.forget(held.case.client, "new_device")
    town.clock.forward(minutes=2)
    found = await judged(unsealed.content, town)
    assert found["Client"].revoked and not found["Client"].holds and found["Client"].intact
    found = await judged(sealed.content, town)
    assert found["Client"].revoked and found["Company"].holds and found["Client"].stamped < town.clock() - timedelta(hours=1)


async def test_the_phone_has_to_sign_the_pdf_as_well_and_with_its_own_key(town: Any) -> None:
    pen = await drawn(town)
    offer = await pen.offer()
    mine = pen.signatures(offer)
    without = [{name: text for name, text in one.items() if name != "pdf"} for one in mine]
    other = [
        {**one, **({"pdf": theirs["pdf"]} if "pdf" in one else {})} for one, theirs in zip(mine, pen.signatures(offer, Key()))
    ]
    crossed = [{**mine[0], "pdf": mine[1]["pdf"]}]
    raw = json.loads(offer["statements"][0]["content"])["pdf"]
    bare = [{**mine[0], "pdf": sent(pen.key.sign(bytes.fromhex(raw)))}]
    for wrong in (without, other, crossed, bare):
        status, told = await pen.call("signed", {"nonce": offer["nonce"], "signatures": wrong})
        assert (status, told["problem"]["code"]) == (422, "certificate_signature_broken"), wrong
    assert text_of(offer, "certificate") == await plugin_of(town).authority.certificate(
        (await plugin_of(town).keys.held((await held_of(town, pen)).case.client)).serial
    )
    status, told = await pen.call("signed", {"nonce": offer["nonce"], "signatures": mine})
    assert status == 200 and sorted(told["said"]["kept"]) == sorted([*LISTED, "@data"])


async def test_nobody_waits_for_ever_for_a_machine_that_draws(town: Any) -> None:
    """Without PDFs the statements are signed, as on a site that makes none."""
    pen = await at_list(town)
    assert (await pen.offer())["coming"] == 2
    town.clock.forward(seconds=GIVES_UP.total_seconds() + 1)
    offer = await pen.offer()
    assert len(offer["statements"]) == 3 and all("pdf" not in json.loads(one["content"]) for one in offer["statements"])
    await signed(town, pen)
    await town.parts.worker().run_due()
    assert await papers_of(town, pen) == {}


async def test_what_holds_is_not_drawn_nor_signed_again(town: Any) -> None:
    """A text that was signed keeps its PDF while the client goes back and signs what has become void."""
    pen = await signed(town)
    await town.parts.worker().run_due()
    first = {row: one["pdf"]["digest"] for row, (one, _) in (await papers_of(town, pen)).items()}
    number = pen.phone.number
    await town.decide(number, lambda seen: commands.Return(actor="staff:r1", reasons=("phone_wrong",)))
    await pen.phone.get(f"/8001/cases/{number}")
    await pen.phone.post(contact_phone="0371-65951236", _go="next")
    assert [one["row"] for one in (await pen.sign())["statements"]] == ["@data"]
    await pen.agree()
    assert {row: one["pdf"]["digest"] for row, (one, _) in (await papers_of(town, pen)).items()} == first
    assert all(paper.sealed for _, paper in (await papers_of(town, pen)).values())
    await town.decide(number, lambda seen: commands.Return(actor="staff:r1", reasons=("agreements_again",)))
    await pen.phone.get(f"/8001/cases/{number}")
    assert (await pen.offer())["coming"] == 2, "all of them anew, so drawn anew"
    await town.parts.worker().run_due()
    await pen.sign()
    await pen.phone.post(agree="true", _go="next", _confirm="nothing_corrected")
    await town.parts.worker().run_due()
    again = await papers_of(town, pen)
    assert again.keys() == first.keys() and all(one["pdf"]["digest"] != first[row] for row, (one, _) in again.items())
    assert all(paper.sealed for _, paper in again.values())


async def test_the_clients_handwriting_stands_where_the_flow_wants_it(opened: Open, tmp_path: Path) -> None:
    """`handwriting: client.signature`: the photo on file, inside the file, beside the signature that counts."""
    async with opened("test", None, **pdf_files("client.signature")) as town:
        pen = await signed(town)
        _, paper = (await papers_of(town, pen))["risk_disclosure"]
        (page, *_) = PdfFileReader(io.BytesIO(paper.content)).root["/Pages"]["/Kids"]
        pictures = page.get_object()["/Resources"]["/XObject"].values()
        sizes = [(one.get_object()["/Width"], one.get_object()["/Height"]) for one in pictures if "/Width" in one.get_object()]
        held = await held_of(town, pen)
        (file,) = await town.parts.store.files_of(held.case.id, "on_file.signature")
        found = await town.parts.store.file(held.case.id, file.id)
        assert found is not None and sizes == [Image.open(io.BytesIO(found[1])).size]
        assert pdfsig(paper.content, tmp_path) == {"Client": VALID}


async def test_pictures_and_characters_stay_within_pdf_a(tmp_path: Path) -> None:
    """What veraPDF has refused once: smoothed pictures, colours of printers, characters without a sign (ISO 19005-2: 6.2.8,
    6.2.4.3, 6.2.11.8). Names in the registers of banks do have characters for private use."""
    hand, printed = io.BytesIO(), io.BytesIO()
    Image.new("RGBA", (60, 20), (0, 0, 0, 90)).save(hand, "PNG")
    Image.new("CMYK", (60, 20), (0, 90, 90, 0)).save(printed, "JPEG")
    told = "<p data-missing>没有字形：</p>"
    page = f"<p style='font-family: Noto Sans CJK SC'>张\ue815\U000f0123\ue815&#xe000;</p>{told}<img src='picture:hand'>"
    sheets = [Sheet("hand", page, {"hand": hand.getvalue()}), Sheet("printed", page, {"hand": printed.getvalue()})]
    drawn = await draw([*sheets, Sheet("plain", f"<p>张三</p>{told}")])
    for name in ("hand", "printed"):
        one = PdfFileReader(io.BytesIO(drawn[name])).root["/Pages"]["/Kids"][0]["/Resources"]["/XObject"]
        masks = [it.get_object()["/SMask"].get_object() for it in one.values() if "/SMask" in it.get_object()]
        for picture in (*(it.get_object() for it in one.values()), *masks):
            assert picture["/ColorSpace"] in ("/DeviceRGB", "/DeviceGray") and not picture.get("/Interpolate")
        assert re.sub(r"\s", "", words_of(drawn[name], tmp_path)) == "张〓〓〓〓没有字形：U+E000,U+E815,U+F0123"
    assert words_of(drawn["plain"], tmp_path).split() == ["张三"], "nothing is told of what is not missing"


async def test_what_a_page_names_is_not_fetched_while_it_is_drawn(tmp_path: Path) -> None:
    """Neither files of the machine nor addresses, nor a picture that did not come along; the sheet is drawn without them."""
    secret, asked = tmp_path / "secret.png", []
    Image.new("RGB", (40, 20), "red").save(secret)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        there = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        html = (
            f"<link rel=stylesheet href='{there}/a.css'><style>@import '{there}/b.css'; p {{ background: url({there}/c.png) }}"
            f"@font-face {{ font-family: x; src: url({there}/d.ttf) }} p {{ font-family: x, serif }}</style><p>字</p>"
            f"<img src='{secret.as_uri()}'><img src='{secret}'><img src='{there}/e.png'><img src='picture:other'>"
            f"<embed src='{there}/f.svg'><a href='{there}'>g</a><img src='data:image/png;base64,AAAA'>"
        )
        drawn = await draw([Sheet("one", html), Sheet("two", "<p>二</p>")])
    assert asked == [] and sorted(drawn) == ["one", "two"]
    page = PdfFileReader(io.BytesIO(drawn["one"])).root["/Pages"]["/Kids"][0]
    assert not page["/Resources"].get("/XObject"), "no picture in it"


async def test_a_sheet_that_takes_too_long_or_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn by then is good."""
    monkeypatch.setattr(drawing, "EACH", 1)
    endless = "<p>字字字</p>" * 60_000
    for patience in (3, 10, 30):  # more where the machine takes longer than that to begin
        monkeypatch.setattr(drawing, "PATIENCE", patience)
        drawn = await draw([Sheet("good", "<p>字</p>"), Sheet("endless", endless), Sheet("after", "<p>字</p>")])
        assert "endless" not in drawn
        if drawn:
            break
    assert "good" in drawn


async def test_an_operator_is_told_what_is_missing_for_pdfs(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No font with Chinese characters, a folder that is not there, the extra not installed: each by its own sentence."""
    assert await drawing.trouble() == ""
    assert await drawing.trouble(tmp_path / "none") == f"There is no folder {tmp_path / 'none'} with fonts."
    empty = tmp_path / "fonts.conf"
    empty.write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(empty))
    assert await drawing.trouble() == drawing.NO_FONT
    chinese = tmp_path / "more"
    chinese.mkdir()
    found = next(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"))
    (chinese / found.name).symlink_to(found)
    assert await drawing.trouble(chinese) == "", "the site's own folder"
    monkeypatch.delenv("FONTCONFIG_FILE")
    async with opened("test", None, **pdf_files(fonts=str(tmp_path / "none"))) as town:
        told = f"There is no folder {tmp_path / 'none'} with fonts."
        assert await plugin_of(town).check() == told
        (tmp_path / "none").mkdir()
        assert await plugin_of(town).check() == told, "anybody may ask: it is not looked at each time"
        town.clock.forward(seconds=31)
        assert await plugin_of(town).check() == ""
        monkeypatch.setitem(sys.modules, "pyhanko", None)
        assert await plugin_of(town).check() == drawing.WITHOUT
