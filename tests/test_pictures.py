"""Whatever comes in where a photo is asked for: a picture made anew, or one calm reason; and memory stays bounded."""

from __future__ import annotations

import asyncio
import io
import random
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from banli.errors import Problem
from banli.pictures import MOST_BYTES, Darkroom, Taken
from banli.testing import free
from uploads import (
    SECRET,
    chunk,
    frames,
    jpeg_of_scans,
    jpeg_saying,
    png,
    profile,
    saved,
    scene,
    stereo,
    talkative,
    turned,
    webp,
    webp_canvas,
    zeros,
    zipped,
)  # fmt: skip

Made = Callable[[], bytes]

ROW = b"\0" + b"\xff\0\0" * 400
PNG_400 = zlib.compress(ROW * 400)

REFUSED: dict[str, tuple[Made, Problem]] = {
    "nothing at all": (lambda: b"", Problem("", "file_empty")),
    "more than 12 MB": (lambda: saved(scene()) + b"\0" * MOST_BYTES, Problem("", "file_too_large", {"most": 12})),
}
REFUSED |= {
    what: (make, Problem("", "file_type"))
    for what, make in {
        "a single byte": lambda: b"\xff",
        "spaces": lambda: b" " * 100,
        "NUL bytes": lambda: b"\0" * 4096,
        "text": lambda: "照片".encode(),
        "a web page": lambda: b"<!doctype html><script>alert(1)</script>",
        "a web page that begins like a picture's name": lambda: b"JFIF<html><script>alert(1)</script>",
        "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "SVG with an XML bomb": lambda: b'<!DOCTYPE a [<!ENTITY b "bbbb">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
        "PDF": lambda: b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj",
        "PostScript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 300 300\n",
        "a program": lambda: b"\x7fELF\x02\x01\x01" + b"\0" * 200,
        "a program for Windows": lambda: b"MZ\x90\0" + b"\0" * 200,
        "an archive": zipped,
        "an archive with a picture behind it": lambda: zipped() + saved(scene()),
        "GIF": lambda: saved(scene(), "GIF"),
        "GIF that is JavaScript too": lambda: b"GIF89a/*" + b"\0" * 300 + b"*/=1;alert(1)",
        "BMP": lambda: saved(scene(), "BMP"),
        "TIFF": lambda: saved(scene(), "TIFF"),
        "ICO": lambda: saved(scene(), "ICO"),
        "PPM": lambda: saved(scene(), "PPM"),
        "JPEG 2000": lambda: saved(scene(), "JPEG2000"),
        "HEIC": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200,
        "AVIF": lambda: b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\0" * 200,
        "a film": lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 200,
        "a sound in RIFF": lambda: b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 200,
        "a picture after one other byte": lambda: b"\n" + saved(scene()),
        "PNG that went through a text filter": lambda: saved(scene(), "PNG").replace(b"\r\n", b"\n"),
    }.items()
}
REFUSED |= {
    what: (make, Problem("", "file_broken"))
    for what, make in {
        "the first three bytes of a JPEG": lambda: b"\xff\xd8\xff",
        "JPEG without anything behind the head": lambda: saved(scene())[:200],
        "JPEG cut off in the middle": lambda: saved(scene())[: len(saved(scene())) // 2],
        "JPEG cut off near the end": lambda: saved(Image.effect_noise((640, 400), 90))[:-2000],
        "JPEG head on a web page": lambda: b"\xff\xd8\xff\xe0<html><script>alert(1)</script>",
        "JPEG head on PHP": lambda: b"\xff\xd8\xff\xfe\0\x20<?php system($_GET['c']); ?>",
        "JPEG with hundreds of scans": lambda: jpeg_of_scans(300),
        "JPEG whose picture has no height": lambda: jpeg_saying(640, 0),
        "PNG signature alone": lambda: b"\x89PNG\r\n\x1a\n",
        "PNG cut off in the middle": lambda: saved(Image.effect_noise((400, 400), 90), "PNG")[:40_000],
        "PNG without pixels": lambda: png(400, 400),
        "PNG whose data is no deflate": lambda: png(400, 400, b"not deflated at all"),
        "PNG with a wrong checksum": lambda: png(400, 400, PNG_400).replace(b"IHDR", b"IHDr"),
        "PNG of an unknown colour type": lambda: png(400, 400, PNG_400, colour=5),
        "PNG with a text that unpacks to 70 MB": lambda: png(400, 400, PNG_400, more=chunk(b"zTXt", b"a\0\0" + zeros(70 << 20))),
        "PNG with a profile that unpacks to 70 MB, and no end": lambda: png(
            400, 400, PNG_400[:-9], more=chunk(b"iCCP", b"a\0\0" + zeros(70 << 20))
        ),
        "WebP of twelve bytes": lambda: b"RIFF\x04\0\0\0WEBP",
        "WebP cut off": lambda: saved(scene(), "WEBP")[:60],
        "WebP whose canvas has no picture": lambda: webp_canvas(400, 400),
        "WebP of an unknown block": lambda: webp(b"VP9 ", b"\0" * 6 + b"\x90\x01\x90\x01"),
    }.items()
}
REFUSED |= {
    what: (make, Problem("", "file_pixels"))
    for what, make in {
        "PNG of 50,000 by 50,000": lambda: png(50_000, 50_000, zeros(1 << 20)),
        "PNG as large as it can say": lambda: png(2**31 - 1, 2**31 - 1, b"x"),
        "PNG a little too large": lambda: png(4473, 4473, zeros(1 << 20)),
        "PNG of one bit a pixel, 100,000 by 300": lambda: png(100_000, 300, zeros(1 << 20), depth=1, colour=0),
        "JPEG that says 65,000 by 65,000": lambda: jpeg_saying(65_000, 65_000),
        "WebP canvas of 16,000 by 16,000": lambda: webp_canvas(16_000, 16_000),
        "WebP canvas as large as it can say": lambda: webp_canvas(1 << 24, 1 << 24),
        "WebP without loss, 16,384 by 16,384": lambda: webp(
            b"VP8L", b"\x2f" + (0x3FFF | 0x3FFF << 14).to_bytes(4, "little") + b"\0" * 5
        ),
    }.items()
}
REFUSED |= {
    what: (make, Problem("", "file_too_small", {"least": 200}))
    for what, make in {
        "one pixel": lambda: saved(scene((1, 1))),
        "one pixel as PNG": lambda: saved(scene((1, 1)), "PNG"),
        "one pixel as WebP": lambda: saved(scene((1, 1)), "WEBP"),
        "199 by 400": lambda: saved(scene((199, 400))),
        "an icon": lambda: saved(scene((64, 64)), "PNG"),
        "a strip that would be 64 high when shortened": lambda: saved(scene((10_000, 200))),
    }.items()
}

LANDSCAPE, PORTRAIT = (640, 400), (400, 640)
TAKEN: dict[str, tuple[Made, tuple[int, int]]] = {
    "JPEG": (lambda: saved(scene()), LANDSCAPE),
    "JPEG, progressive": (lambda: saved(scene(), progressive=True), LANDSCAPE),
    "JPEG, grey": (lambda: saved(scene(mode="L").point(lambda v: 76 if v < 200 else 255)), LANDSCAPE),
    "JPEG for print (CMYK)": (lambda: saved(scene(mode="CMYK")), LANDSCAPE),
    "JPEG with a profile": (lambda: saved(scene(), icc_profile=profile()), LANDSCAPE),
    "JPEG with rubbish behind it": (lambda: saved(scene()) + b"\0" * 1000, LANDSCAPE),
    "JPEG that is an archive too": (lambda: saved(scene()) + zipped(), LANDSCAPE),
    "JPEG that is a web page too": (lambda: saved(scene(), comment=b"--><script>alert(1)</script><!--"), LANDSCAPE),
    "JPEG with EXIF that cannot be read": (lambda: saved(scene(), exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), LANDSCAPE),
    "JPEG of two pictures": (stereo, LANDSCAPE),
    "JPEG of 12 megapixels": (lambda: saved(scene((4000, 3000))), (3200, 2400)),
    "JPEG upright and large": (lambda: saved(scene((3000, 4000))), (2400, 3200)),
    "JPEG of exactly 200 by 200": (lambda: saved(scene((200, 200))), (200, 200)),
    "JPEG as long as may be": (lambda: saved(scene((3200, 200))), (3200, 200)),
    "PNG": (lambda: saved(scene(), "PNG"), LANDSCAPE),
    "PNG, a palette": (lambda: saved(scene().quantize(8), "PNG"), LANDSCAPE),
    "PNG, interlaced by hand as Adam7 says": (lambda: saved(scene(), "PNG", interlace=1), LANDSCAPE),
    "PNG, see-through": (lambda: saved(scene(mode="RGBA"), "PNG"), LANDSCAPE),
    "PNG with a text": (lambda: talkative("PNG"), LANDSCAPE),
    "PNG that moves": (lambda: frames("PNG"), LANDSCAPE),
    "WebP": (lambda: saved(scene(), "WEBP"), LANDSCAPE),
    "WebP without loss": (lambda: saved(scene(), "WEBP", lossless=True), LANDSCAPE),
    "WebP, see-through": (lambda: saved(scene(mode="RGBA"), "WEBP"), LANDSCAPE),
    "WebP that moves": (lambda: frames("WEBP"), LANDSCAPE),
} | {f"JPEG, held in way {n}": (lambda n=n: turned(n), LANDSCAPE) for n in range(1, 9)} | {
    "PNG, see-through, held on its side": (lambda: turned(6, "PNG", "RGBA"), LANDSCAPE),
    "WebP, held on its side": (lambda: turned(8, "WEBP"), LANDSCAPE),
}  # fmt: skip


def opened(taken: Taken | Problem) -> Image.Image:
    assert isinstance(taken, Taken), taken
    picture = Image.open(io.BytesIO(taken.content))
    assert (picture.format, picture.mode, picture.size, taken.media_type) == (
        "JPEG", "RGB", (taken.width, taken.height), "image/jpeg"
    )  # fmt: skip
    return picture


def colours(picture: Image.Image) -> tuple[str, str]:
    """In the middle of the upper left and of the lower right quarter."""
    places = ((picture.width // 4, picture.height // 4), (picture.width * 3 // 4, picture.height * 3 // 4))
    return tuple("white" if min(picture.getpixel(at)) > 220 else "dark" for at in places)  # type: ignore[return-value]


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_photo_gets_one_calm_reason(what: str) -> None:
    make, problem = REFUSED[what]
    assert await Darkroom().take(make()) == problem


@pytest.mark.parametrize("what", TAKEN)
async def test_a_photo_is_made_anew_and_upright(what: str) -> None:
    make, size = TAKEN[what]
    picture = opened(await Darkroom().take(make()))
    assert (picture.size, colours(picture)) == (size, ("dark", "white"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
async def test_nothing_but_pixels_is_kept(form: str) -> None:
    """No place, no maker, no comment, no profile, nothing behind the end (3.11)."""
    content = talkative(form)
    assert SECRET in content
    taken = await Darkroom().take(content)
    picture = opened(taken)
    assert SECRET not in taken.content
    assert (len(picture.getexif()), sorted(picture.info)) == (0, ["jfif", "jfif_density", "jfif_unit", "jfif_version"])
    assert taken.content.endswith(b"\xff\xd9")
    assert taken.content.count(b"\xff\xd9") == 1


async def test_what_is_see_through_stands_on_white() -> None:
    """A signature is often dark ink on nothing: on black nobody could read it."""
    ink = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    ink.paste((10, 10, 60, 255), (0, 0, 100, 300))
    ways = {
        "alpha": saved(ink, "PNG"),
        "grey and alpha": saved(ink.convert("LA"), "PNG"),
        "palette": saved(ink.quantize(4), "PNG"),
        "one colour": saved(Image.new("RGB", (400, 300), "black"), "PNG", transparency=(0, 0, 0)),
        "WebP": saved(ink, "WEBP"),
    }
    found = {}
    for way, content in ways.items():
        picture = opened(await Darkroom().take(content))
        found[way] = (max(picture.getpixel((30, 150))) < 110, min(picture.getpixel((300, 150))) > 245)
    assert found == dict.fromkeys(ways, (True, True)) | {"one colour": (False, True)}


async def test_sixteen_bits_of_grey_are_as_light_as_they_were() -> None:
    grey = Image.frombytes("I;16", (400, 300), (b"\x00\x40" * 200 + b"\x00\xc0" * 200) * 300)
    picture = opened(await Darkroom().take(saved(grey, "PNG")))
    assert [abs(picture.getpixel(at)[0] - light) < 4 for at, light in (((50, 50), 0x40), ((350, 50), 0xC0))] == [True, True]


async def test_bytes_that_were_changed_at_random_never_break_anything() -> None:
    chance = random.Random(7)
    noise = Image.effect_noise((260, 220), 70).convert("RGB")
    seeds = [saved(noise), saved(noise, progressive=True), saved(noise, "PNG"), saved(noise, "WEBP"), talkative("JPEG")]
    codes = set()
    for _ in range(400):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 3, 12))):
            content[chance.randrange(4, min(len(content), chance.choice((60, 600, len(content)))))] = chance.randrange(256)
        taken = await Darkroom().take(bytes(content[: chance.randrange(4, len(content))] if chance.random() < 0.1 else content))
        codes.add(taken.code if isinstance(taken, Problem) else "taken")
    assert codes <= {"taken", "file_broken", "file_pixels", "file_too_small", "file_type"}
    assert "taken" in codes


async def test_a_bomb_is_refused_before_it_costs_anything() -> None:
    bombs = [REFUSED[what][0]() for what in REFUSED if REFUSED[what][1].code == "file_pixels" or "scans" in what]
    darkroom, began = Darkroom(), time.process_time()
    for bomb in bombs:
        assert isinstance(await darkroom.take(bomb), Problem)
    assert time.process_time() - began < 0.5


def test_the_largest_pictures_fit_into_a_small_worker(tmp_path: Path) -> None:
    """Many at once, each as large as may be: 108 megapixels of JPEG, 20 of all that is decoded whole."""
    (tmp_path / "phone.jpg").write_bytes(saved(scene((12_000, 9_000)), quality=30))
    (tmp_path / "progressive.jpg").write_bytes(saved(scene((4400, 4400)), progressive=True, subsampling=0))
    (tmp_path / "alpha.png").write_bytes(saved(scene((4400, 4400), "RGBA"), "PNG", compress_level=1))
    (tmp_path / "deep.png").write_bytes(png(4400, 4400, zeros(4400 * (4400 * 8 + 1)), depth=16, colour=6))
    (tmp_path / "moves.webp").write_bytes(saved(scene((4400, 4400)), "WEBP", quality=20, method=0))
    code = """
import asyncio, re, sys
from pathlib import Path
from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin
from banli.pictures import Darkroom, Taken
def most():
    return int(re.search("VmHWM:\\\\s+(\\\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
async def main():
    room, before = Darkroom(), most()
    contents = [path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]
    found = await asyncio.gather(*(room.take(content) for content in contents))
    print([type(one).__name__ for one in found].count("Taken"), most() - before)
asyncio.run(main())
"""
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120, check=True)
    taken, megabytes = (int(part) for part in said.stdout.split())
    assert taken == 5
    assert megabytes < 450


async def test_others_are_served_while_photos_are_decoded() -> None:
    darkroom, large = Darkroom(), saved(scene((3200, 3200)), progressive=True)
    work = asyncio.gather(*(darkroom.take(large) for _ in range(6)))
    await free(work)
    assert [type(one).__name__ for one in work.result()] == ["Taken"] * 6


def test_there_are_enough_of_them() -> None:
    assert (len(REFUSED) >= 60, len(TAKEN) >= 30) == (True, True)
