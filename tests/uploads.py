"""What may come in where a photo is asked for: good pictures, odd ones, and bytes that were made to do harm."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageDraw

SECRET = b"GPS-31.2304-121.4737"
"""Stands in every place of a file that is no pixel; none of it may be in what is kept."""


def scene(size: tuple[int, int] = (640, 400), mode: str = "RGB") -> Image.Image:
    """Red in the upper left quarter, white elsewhere: what is upright can be seen."""
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).rectangle((0, 0, size[0] // 2, size[1] // 2), fill="red")
    return picture.convert(mode)


def saved(picture: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def turned(orientation: int, form: str = "JPEG", mode: str = "RGB") -> bytes:
    """The scene as a phone keeps it that was held in another way: `orientation` says how to turn it back."""
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    picture = scene(mode=mode)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(picture.transpose(back) if back is not None else picture, form, exif=exif)


def talkative(form: str) -> bytes:
    """With a maker, a place, a comment, a profile and a text, wherever the format has room for them."""
    exif = Image.Exif()
    exif[0x010F], exif[0x9C9C] = SECRET.decode(), SECRET
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.0), 29: SECRET.decode()})
    options: dict[str, Any] = {"exif": exif, "icc_profile": profile() + SECRET}
    if form == "JPEG":
        options |= {"comment": SECRET, "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    elif form == "PNG":
        from PIL.PngImagePlugin import PngInfo

        texts = PngInfo()
        texts.add_text("Comment", SECRET.decode())
        texts.add_itxt("XML:com.adobe.xmp", SECRET.decode(), zip=True)
        options |= {"pnginfo": texts}
    else:
        options |= {"xmp": SECRET}
    return saved(scene(), form, **options) + SECRET


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def png(width: int, height: int, data: bytes = b"", *, depth: int = 8, colour: int = 2, more: bytes = b"") -> bytes:
    """A PNG whose head says what it likes."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def zeros(size: int) -> bytes:
    """So many zero bytes, deflated."""
    packer = zlib.compressobj(9)
    block = b"\0" * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.compress(block[: size & 0xFFFFF]) + packer.flush()


def webp(form: bytes, head: bytes) -> bytes:
    """A WebP of one block that is little more than a head."""
    body = b"WEBP" + form + struct.pack("<I", len(head)) + head
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_canvas(width: int, height: int) -> bytes:
    return webp(b"VP8X", b"\x02\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


def jpeg_saying(width: int, height: int) -> bytes:
    """A small JPEG that says it were another size."""
    content = bytearray(saved(scene()))
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


def jpeg_of_scans(scans: int) -> bytes:
    """A progressive JPEG whose last scan is asked for again and again: seconds of work in a few bytes each."""
    content = saved(scene((4000, 3000), "L"), progressive=True)
    at = content.rindex(b"\xff\xda")
    return content[:at] + content[at:-2] * scans + b"\xff\xd9"


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("run.txt", SECRET)
    return out.getvalue()


def frames(form: str) -> bytes:
    """Something that moves: the first picture is the scene."""
    return saved(scene(), form, save_all=True, append_images=[Image.new("RGB", (640, 400), "blue")] * 3, duration=100)


def stereo() -> bytes:
    """Two pictures in one JPEG, as some phones save them."""
    return saved(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", (640, 400), "blue")])
