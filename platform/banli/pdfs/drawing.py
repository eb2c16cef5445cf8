"""Pages of ours as PDF/A: drawn in a process of its own that fetches nothing and has so much time and memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

CHILD = Path(__file__).with_name("print_child.py")
PATIENCE, EACH = 60, 20
"""Seconds for beginning, and for each sheet more."""
LONGEST_LINE = 64 * 1024 * 1024

WITHOUT = "PDFs cannot be drawn: weasyprint or its libraries are missing. Install banli[pdf] and the packages of its README."
NO_FONT = (
    "No font with Chinese characters was found, so agreements would be drawn with empty boxes. Install one (Debian: "
    "fonts-noto-cjk or fonts-wqy-microhei), or name a folder with one."
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole page of HTML. `pictures` (PNG or JPEG) are those that it shows as `picture:<name>`; nothing else is fetched."""

    name: str
    html: str = field(repr=False)
    pictures: Mapping[str, bytes] = field(default_factory=dict, repr=False)


async def draw(sheets: Sequence[Sheet], fonts: Path | None = None) -> dict[str, bytes]:
    """The sheets as PDF/A-2b by name; one that could not be drawn is left out. Takes about 0.8 s, and 0.2 s for each page."""
    seconds = PATIENCE + EACH * len(sheets)
    lines = b"".join(_line(sheet) for sheet in sheets)
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="banli-print-") as folder:
        child = await asyncio.create_subprocess_exec(
            *_command("draw", seconds), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            limit=LONGEST_LINE, env=_environment(Path(folder), fonts), cwd=folder,
        )  # fmt: skip
        feeding = asyncio.create_task(_feed(child, lines))
        try:
            async with asyncio.timeout(seconds):
                assert child.stdout is not None
                while line := await child.stdout.readline():
                    told = json.loads(line)
                    if "pdf" in told:
                        found[told["name"]] = b64decode(told["pdf"])
                await child.wait()  # killed while it ends it would be taken for another's child
        except (TimeoutError, ValueError):
            pass  # what has come by then is good
        finally:
            feeding.cancel()
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.kill()
            await child.wait()
    return found


async def trouble(fonts: Path | None = None) -> str:
    """Why no agreement could be drawn on this machine, for the operator; "" when one could."""
    if fonts is not None and not await asyncio.to_thread(fonts.is_dir):
        return f"There is no folder {fonts} with fonts."
    with tempfile.TemporaryDirectory(prefix="banli-print-") as folder:
        child = await asyncio.create_subprocess_exec(
            *_command("fonts", PATIENCE), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=_environment(Path(folder), fonts), cwd=folder,
        )  # fmt: skip
        out, _ = await child.communicate()
    try:
        told = json.loads(out)
    except ValueError:
        return WITHOUT
    return "" if told["families"] else NO_FONT


async def _feed(child: asyncio.subprocess.Process, lines: bytes) -> None:
    assert child.stdin is not None
    with contextlib.suppress(ConnectionError):
        child.stdin.write(lines)
        await child.stdin.drain()
        child.stdin.close()


def _line(sheet: Sheet) -> bytes:
    pictures = {name: b64encode(content).decode() for name, content in sheet.pictures.items()}
    return json.dumps({"name": sheet.name, "html": sheet.html, "pictures": pictures}).encode() + b"\n"


def _command(what: str, seconds: int) -> Sequence[str]:
    return (sys.executable, "-I", str(CHILD), what, str(seconds))


def _environment(folder: Path, fonts: Path | None) -> dict[str, str]:
    """Nothing of what this process knows (keys, addresses of databases) but where programs are and which fonts there are."""
    names = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "FONTCONFIG_FILE")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    if fonts is not None:
        config = folder / "fonts.conf"
        system = f'<include ignore_missing="yes">{escape(kept.get("FONTCONFIG_FILE", "/etc/fonts/fonts.conf"))}</include>'
        config.write_text(f"<fontconfig><dir>{escape(str(fonts))}</dir>{system}</fontconfig>\n", encoding="utf-8")
        kept["FONTCONFIG_FILE"] = str(config)
    return kept
