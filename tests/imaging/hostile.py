"""Two hundred files that were made to do harm, by name: bombs, cut off, polyglots, lies about size, broken EXIF, deep chunks."""

from __future__ import annotations

import gzip
import io
import random
import struct
from collections.abc import Iterator

from PIL import Image

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
)

COUNT = 200


def files() -> list[tuple[str, bytes]]:
    """The same two hundred every time."""
    made = [*_bombs(), *_disguised(), *_polyglots(), *_heads(), *_exif(), *_heic(), *_odd()]
    made += list(_spoilt(COUNT - len(made)))
    assert len(made) == COUNT
    return made


def _bombs() -> Iterator[tuple[str, bytes]]:
    yield "png of 30000 x 30000 zeros", png(30000, 30000, zeros(30000 * 4000))
    yield "png just below the limit", png(4400, 4400, zeros(4400 * (4400 * 3 + 1)))
    yield "png just above the limit", png(4600, 4600, zeros(4600 * (4600 * 3 + 1)))
    yield "grey png of one bit", png(60000, 60000, zeros(60000 * 7500 // 4), depth=1, colour=0)
    yield "png strip", png(20_000_000, 1, zeros(60_000_001))
    yield "png whose text unpacks to 200 MB", png(640, 400, zeros(400 * 1921), more=chunk(b"zTXt", b"a\0\0" + zeros(200 << 20)))
    yield (
        "png whose profile unpacks to 200 MB",
        png(640, 400, zeros(400 * 1921), more=chunk(b"iCCP", b"a\0\0" + zeros(200 << 20))),
    )
    yield "jpeg of many scans", jpeg_of_scans(60)
    yield "jpeg of too many scans", jpeg_of_scans(400)
    yield "jpeg that says 65000 x 65000", jpeg_saying(65000, 65000)
    yield "jpeg that says 60000 x 1500", jpeg_saying(60000, 1500)
    yield "jpeg that says 10400 x 10400", jpeg_saying(10400, 10400)
    yield "webp canvas of 16384 x 16384", webp_canvas(16384, 16384)
    yield "webp canvas of 16M x 16M", webp_canvas(1 << 24, 1 << 24)
    yield (
        "webp without loss that says 16384",
        webp(b"VP8L", b"\x2f" + ((16383) | (16383 << 14)).to_bytes(4, "little") + bytes(64)),
    )
    yield "gzip of zeros", gzip.compress(bytes(20 << 20))


def _disguised() -> Iterator[tuple[str, bytes]]:
    for form in ("GIF", "TIFF", "BMP", "ICO", "PPM", "TGA", "PCX", "SGI", "PDF", "DDS"):
        yield f"{form} called a photo", saved(scene(), form)
    yield "svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield (
        "svg with entities",
        b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg>&b;</svg>',
    )
    yield "html", b"<html><script>1</script>"
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\nshowpage"
    yield "elf", b"\x7fELF" + bytes(300)
    yield "zip", zipped()
    yield "text", "样本".encode() * 50
    yield "nothing", b""
    yield "one byte", b"\xff"
    for name, magic in (
        ("jpeg", b"\xff\xd8\xff"),
        ("png", b"\x89PNG\r\n\x1a\n"),
        ("webp", b"RIFF\0\0\0\0WEBP"),
        ("heic", b"\0\0\0\x18ftypheic"),
    ):
        yield f"{name} of its first bytes alone", magic
        yield f"{name} with zeros behind", magic + bytes(5000)
        yield f"{name} with noise behind", magic + random.Random(name).randbytes(5000)
    yield "gif behind the head of a jpeg", b"\xff\xd8\xff" + saved(scene(), "GIF")


def _polyglots() -> Iterator[tuple[str, bytes]]:
    photo = saved(scene())
    yield "jpeg and zip", photo + zipped()
    yield "jpeg and html", photo + b"<script>" + SECRET + b"</script>"
    yield "jpeg with html in its comment", saved(scene(), comment=b"--><script>alert(1)</script>")
    yield "png and jpeg", saved(scene(), "PNG") + photo
    yield "jpeg and jpeg", photo + saved(Image.new("RGB", (640, 400), "blue"))
    yield "jpeg of two pictures", stereo()
    yield "webp and php", saved(scene(), "WEBP") + b"<?php system($_GET[0]);"
    for form in ("PNG", "WEBP"):
        yield f"{form} that moves", frames(form)
    for form in ("JPEG", "PNG", "WEBP"):
        yield f"{form} that talks", talkative(form)


def _heads() -> Iterator[tuple[str, bytes]]:
    for wide, high in ((0, 0), (0, 400), (640, 0), (1, 1), (2**31 - 1, 2**31 - 1), (65535, 65535)):
        yield f"png that says {wide} x {high}", png(wide, high, zeros(1000))
    for wide, high in ((0, 0), (0, 400), (1, 65535), (65535, 1)):
        yield f"jpeg that says {wide} x {high}", jpeg_saying(wide, high)
    for depth, colour in ((1, 2), (3, 0), (16, 3), (255, 6), (8, 1)):
        yield f"png of depth {depth} and colour {colour}", png(640, 400, zeros(400 * 1921), depth=depth, colour=colour)
    yield "png of a palette that is missing", png(640, 400, zeros(400 * 641), colour=3)
    yield "png of 20000 chunks", png(640, 400, zeros(400 * 1921), more=chunk(b"tEXt", b"a\0b") * 20000)
    yield "png with a chunk of 2 GB", b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**31 - 1) + b"IHDR" + bytes(100)
    yield "png of too few rows", png(640, 400, zeros(1921 * 10))
    yield "png of too many rows", png(640, 400, zeros(1921 * 4000))
    yield "png whose pixels are no deflate", png(640, 400, b"\x78\x9c" + bytes(range(256)))
    yield "png without pixels", png(640, 400)
    yield "webp without pixels", webp(b"VP8 ", bytes(10))
    yield "webp of an unknown kind", webp(b"ALPH", bytes(30))


def _exif() -> Iterator[tuple[str, bytes]]:
    photo = saved(scene())

    def with_app1(body: bytes) -> bytes:
        return photo[:2] + b"\xff\xe1" + struct.pack(">H", min(len(body) + 2, 65535)) + body[:65533] + photo[2:]

    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 0x0112, 3, 1, 6) + struct.pack("<I", 8)
    yield "exif whose list leads to itself", with_app1(b"Exif\0\0" + loop)
    yield "exif with a list of 65535", with_app1(b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(600))
    yield "exif that points outside", with_app1(b"Exif\0\0II*\0" + struct.pack("<I", 2**32 - 1))
    yield "exif of 4 GB", with_app1(b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x8769, 4, 2**32 - 1, 2**32 - 1))
    yield "exif of noise", with_app1(b"Exif\0\0" + random.Random(1).randbytes(60000))
    yield "exif of nothing", with_app1(b"Exif\0\0")
    yield "exif turn 99", with_app1(b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHII", 0x0112, 3, 1, 99) + bytes(4))
    yield "many exif", photo[:2] + (b"\xff\xe1\x00\x08Exif\0\0") * 5000 + photo[2:]
    yield (
        "profile of noise",
        photo[:2] + b"\xff\xe2" + struct.pack(">H", 5016) + b"ICC_PROFILE\0\x01\xff" + bytes(5000) + photo[2:],
    )
    yield "profile cut off", saved(scene(), icc_profile=profile()[:100])
    for turn in range(2, 9):
        yield f"good, turned {turn}", turned(turn)


def _heic() -> Iterator[tuple[str, bytes]]:
    def box(name: bytes, body: bytes = b"") -> bytes:
        return struct.pack(">I", len(body) + 8) + name + body

    kind = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    deep = b""
    for _ in range(2000):
        deep = box(b"meta", bytes(4) + deep)
    yield "heic of boxes in boxes", kind + deep
    yield "heic without pictures", kind + box(b"meta", bytes(4)) + box(b"mdat", bytes(100))
    yield "heic whose box has no length", kind + struct.pack(">I", 0) + b"meta" + bytes(50)
    yield "heic whose box has 2^63 bytes", kind + struct.pack(">I", 1) + b"meta" + struct.pack(">Q", 2**63) + bytes(50)
    items = b"".join(box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", n % 65535, 0) + b"grid\0") for n in range(3000))
    yield "heic of 3000 items", kind + box(b"meta", bytes(4) + box(b"iinf", bytes(4) + struct.pack(">H", 3000) + items))


def _odd() -> Iterator[tuple[str, bytes]]:
    yield "too many bytes", saved(scene()) + bytes(13 << 20)
    for mode in ("L", "CMYK", "1", "I;16", "RGBA", "P", "LA"):
        form = "JPEG" if mode in ("L", "CMYK") else "PNG"
        picture = Image.new("I;16", (640, 400)) if mode == "I;16" else scene(mode=mode)
        yield f"{form} of {mode}", saved(picture, form)
    yield "too small", saved(scene((60, 40)))
    yield "a strip", saved(scene((3000, 210)).resize((6000, 210)))


def _spoilt(count: int) -> Iterator[tuple[str, bytes]]:
    """Good pictures, cut off or with bytes changed here and there."""
    chance = random.Random(20261123)
    sources = [("jpeg", saved(scene())), ("progressive", saved(scene(), progressive=True)), ("png", saved(scene(), "PNG")),
               ("webp", saved(scene(), "WEBP")), ("webp without loss", saved(scene(), "WEBP", lossless=True))]  # fmt: skip
    for n in range(count):
        name, content = sources[n % len(sources)]
        if n % 2:
            yield f"{name} cut off, {n}", content[: chance.randrange(12, len(content))]
            continue
        changed = bytearray(content)
        for _ in range(chance.choice((1, 5, 50))):
            changed[chance.randrange(8, len(changed))] = chance.randrange(256)
        yield f"{name} with changed bytes, {n}", bytes(changed)


def size_of(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return image.size
