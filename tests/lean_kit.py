"""The example site without what is optional there: a town of the tests needs no processes that look at photos or draw PDFs, and
its plain pictures are no cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from banli.definitions.entries import entries
from banli.definitions.source import read
from banli.hooks import Plugin
from banli.plugins import OPTIONAL, installed
from banli.sites import Site

LINE = "  - banli_imaging: {optional: true} # where it is installed: make demo-full\n"
"""In `site.yaml` of the example site; so is this."""
PDF = ", pdf: {optional: true}} # make demo-full\n"
NOWHERE = {"a_module_that_is_nowhere": "banli[imaging]"}


def lean(site: Site) -> dict[str, type[Plugin]]:
    """The installed plugins; to what this site lists as optional something is missing, as where it is not installed."""
    path = site.definitions / "site.yaml"
    listed = (read("site.yaml", path.read_bytes()).data or {}).get("plugins") if path.is_file() else ()
    said = {entry.id: entry.settings for entry in entries(listed)}
    return {name: _without(kind, said.get(name, {})) for name, kind in installed().items()}


def _without(kind: type[Plugin], said: Any) -> type[Plugin]:
    pdf, at_home = said.get("pdf"), {"__module__": kind.__module__}  # its templates and scripts are found by its module
    if isinstance(pdf, dict) and pdf.get(OPTIONAL) is True:
        return type(kind.__name__, (kind,), {**at_home, "draws": tuple(NOWHERE)})
    return type(kind.__name__, (kind,), {**at_home, "needs": NOWHERE}) if said.get(OPTIONAL) is True else kind


def unlisted(root: Path) -> Path:
    """The same in a copy of the example site that a process of its own serves."""
    path = root / "definitions" / "site.yaml"
    text = path.read_text(encoding="utf-8")
    assert (text.count(LINE), text.count(PDF)) == (1, 1)
    path.write_text(text.replace(LINE, "").replace(PDF, "}\n"), encoding="utf-8")
    return root
