"""Commands for those who try photos: image crop. What looks at photos is a plugin; the command only asks it."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from banli.cli.base import SITE, plugins_of, the_site
from banli.errors import Problem

if TYPE_CHECKING:
    from banli.hooks import Developed, Plugin
    from banli.sites import Site

SLOTS = {"front": "id_front", "back": "id_back", "signature": "signature"}
"""What is said on the command line, and what a photo question calls it."""
NAMES = {"front": "the front of a card", "back": "the back of a card", "signature": "a signature"}


@click.group()
def image() -> None:
    """Looks at photos as the active imaging plugin does, without a client."""


@image.command()
@SITE
@click.argument("photo", metavar="IN", type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--slot", type=click.Choice(tuple(SLOTS)), help="What the photo is to show (default: either side of a card).")
@click.option("--json", "as_json", is_flag=True, help="Say what was found as JSON.")
@click.option("--force", is_flag=True, help="Write over a file of that name.")
def crop(folder: Path | None, photo: Path, out: Path, slot: str | None, as_json: bool, force: bool) -> None:
    """Cuts the card or the signature in the photo IN out and writes it upright to OUT (JPEG).

    Exit code 0: it can be used. 1: something refuses it, or nothing was found; OUT is written wherever a card was found.
    """
    if out.exists() and not force:
        raise click.ClickException(f"{out} is there already. Name another file, or say --force.")
    if not out.parent.is_dir():
        raise click.ClickException(f"There is no folder {out.parent}. Make it first, or name another file.")
    plugin = _imaging(the_site(folder))
    made = asyncio.run(_developed(plugin, photo.read_bytes(), SLOTS.get(slot or "", "")))
    if isinstance(made, Problem):
        raise click.ClickException(f"{photo}: {_sentence(plugin, made.code, made.params)} ({made.code})")
    found = _found(made)
    if made.view is not None:
        out.write_bytes(made.view.content)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _told(plugin, made, found, out)
    if made.view is None or any(flaw.refuse for flaw in made.flaws):
        raise SystemExit(1)


def _imaging(site: Site) -> Plugin:
    """The plugin of the site that looks at photos; else the installed one that can, with its defaults."""
    from banli.hooks import Home
    from banli.parts import system_clock
    from banli.plugins import installed

    active, _ = plugins_of(site)
    for plugin in active.active:
        if plugin.imaging() is not None:
            return plugin
    for name, kind in installed().items():
        home = Home(site.var / "plugins" / name, system_clock, site.demo, site.definitions)
        # Only a plugin that needs no settings can be asked without a site that gives them.
        if kind.imaging is not _base().imaging and not kind.required:
            return kind({}, home)
    raise click.ClickException("No plugin that looks at photos is installed. Install the extra: pip install 'banli[imaging]'.")


def _base() -> type[Plugin]:
    from banli.hooks import Plugin

    return Plugin


async def _developed(plugin: Plugin, content: bytes, side: str) -> Developed | Problem:
    from banli.hooks import Wish

    why = await plugin.check()
    if why:
        raise click.ClickException(why)
    imaging = plugin.imaging()
    assert imaging is not None
    await plugin.start()
    try:
        return await imaging.develop(content, Wish(side=side))
    finally:
        await plugin.stop()


def _found(made: Developed) -> dict[str, Any]:
    """`size`: wide and high of the photo, upright; `quad`: the corners in its pixels, the card's upper left one first; `turn`: by
    how many degrees clockwise what is printed is turned in the photo, to the next quarter; `view`: the size of the result."""
    wide, high = _size(made.original.content)
    quad = None if made.quad is None else [[round(x * wide, 1), round(y * high, 1)] for x, y in made.quad]
    return {
        "size": [wide, high],
        "quad": quad,
        "turn": None if quad is None else _turn(quad),
        "side": {name: slot for slot, name in SLOTS.items()}.get(made.side, ""),
        "view": None if made.view is None else list(_size(made.view.content)),
        "flaws": [
            {"code": flaw.code, "refuse": flaw.refuse, "measured": flaw.value, "limit": flaw.threshold} for flaw in made.flaws
        ],
    }


def _turn(quad: list[list[float]]) -> int:
    (x0, y0), (x1, y1) = quad[0], quad[1]
    across, down = x1 - x0, y1 - y0
    if abs(across) >= abs(down):
        return 0 if across > 0 else 180
    return 90 if down > 0 else 270


def _size(content: bytes) -> tuple[int, int]:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        return picture.size


def _sentence(plugin: Plugin, code: str, params: Any = None) -> str:
    from banli.sentences import SENTENCES, fill

    return fill(plugin.words.get(code) or SENTENCES.get(code) or code, params or {})


def _told(plugin: Plugin, made: Developed, found: dict[str, Any], out: Path) -> None:
    if made.view is not None:
        what = NAMES.get(found["side"], "a card")
        wide, high = found["view"]
        click.echo(f"{out}: {what}, {wide} by {high} pixels, turned by {found['turn']} degrees in the photo.")
    else:
        click.echo("Nothing was cut out, and no file was written.", err=True)
    for flaw in made.flaws:
        word = "refused" if flaw.refuse else "warning"
        click.echo(f"{word}: {_sentence(plugin, flaw.code)} ({flaw.code} {flaw.value:g}, limit {flaw.threshold:g})", err=True)


COMMANDS = (image,)
