"""The example site without the plugins that are optional there: a town of the tests needs no processes that look at photos, and
its plain pictures are no cards."""

from __future__ import annotations

from pathlib import Path

from banli.definitions.entries import entries
from banli.definitions.source import read
from banli.hooks import Plugin
from banli.plugins import OPTIONAL, installed
from banli.sites import Site

LINE = "  - banli_imaging: {optional: true} # where it is installed: make demo-full\n"
"""In `site.yaml` of the example site."""
NOWHERE = {"a_module_that_is_nowhere": "banli[imaging]"}


def lean(site: Site) -> dict[str, type[Plugin]]:
    """The installed plugins; to those that this site lists as optional something is missing, as where it is not installed."""
    path = site.definitions / "site.yaml"
    listed = (read("site.yaml", path.read_bytes()).data or {}).get("plugins") if path.is_file() else ()
    optional = {entry.id for entry in entries(listed) if entry.settings.get(OPTIONAL) is True}
    return {
        name: type(kind.__name__, (kind,), {"needs": NOWHERE}) if name in optional else kind
        for name, kind in installed().items()
    }


def unlisted(root: Path) -> Path:
    """The same in a copy of the example site that a process of its own serves."""
    path = root / "definitions" / "site.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(LINE) == 1
    path.write_text(text.replace(LINE, ""), encoding="utf-8")
    return root
