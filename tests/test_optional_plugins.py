"""A site lists a plugin as optional: it is there where what it needs is installed; elsewhere the site does without and says so."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app_fixtures import app_template
from banli.cli import main
from banli.demo import welcome
from banli.hooks import Home
from banli.plugins import MissingPart, activate, installed
from banli.sites import bundled
from banli_certificate.plugin import CertificatePlugin
from banli_imaging import ImagingPlugin
from lean_kit import LINE, NOWHERE
from signing_kit import SITE, files
from site_kit import Open, opened, with_plugins

__all__ = ["app_template", "opened"]

TOLD = "The plugin 'banli_imaging' is left out: a_module_that_is_nowhere cannot be imported. Install the extra 'banli[imaging]'."


class NoImaging(ImagingPlugin):
    needs = NOWHERE


async def test_without_the_extra_the_site_starts_does_without_and_tells_the_operator(opened: Open) -> None:
    """Its words may be worded anew all the same, so that the files are right with and without it."""
    site = with_plugins({"banli_imaging": {"optional": True}}) + "texts: {imaging_dark: 太暗了}\n"
    async with opened("test", {"banli_imaging": NoImaging}, site=site) as town:
        assert "banli_imaging" not in [plugin.name for plugin in town.parts.plugins.active]
        assert town.parts.plugins.imaging is None
        assert town.parts.warnings()[0] == TOLD
        assert f"  {TOLD}" in list(welcome(town.parts.site, town.parts, "http://127.0.0.1", []))
        assert (await town.phone().log_in()).status == 200


def test_with_the_extra_it_is_there_with_its_other_settings(tmp_path: Path, clock: Any) -> None:
    home = {"banli_imaging": Home(tmp_path, clock, True, tmp_path)}
    made = activate({"banli_imaging": {"optional": True, "read": False}}, installed(), home)
    assert [(plugin.name, plugin.settings) for plugin in made.active] == [("banli_imaging", {"read": False})]
    assert (made.left_out, made.imaging is None) == ((), False)


@pytest.mark.parametrize("said", [{}, {"optional": False}])
async def test_what_is_not_optional_is_missed_at_the_start(tmp_path: Path, clock: Any, said: dict[str, bool]) -> None:
    home = {"banli_imaging": Home(tmp_path, clock, True, tmp_path)}
    made = activate({"banli_imaging": said}, {"banli_imaging": NoImaging}, home)
    with pytest.raises(MissingPart, match=r"banli_imaging: a_module_that_is_nowhere .* extra 'banli\[imaging\]'"):
        await made.start()


class NoPdf(CertificatePlugin):
    draws = tuple(NOWHERE)


@pytest.mark.parametrize("kind", [CertificatePlugin, NoPdf])
async def test_pdfs_are_signed_where_what_draws_them_is_installed(opened: Open, kind: type[CertificatePlugin]) -> None:
    """R-113: the part of a plugin that is optional; without it the statements are signed all the same."""
    told = (
        "Agreements are signed without PDFs (setting 'pdf' of banli_certificate): a_module_that_is_nowhere cannot be imported. "
        "Install the extra 'banli[pdf]'."
    )
    site = SITE.replace("{name: 样本}", "{name: 样本, pdf: {optional: true}}")
    async with opened("test", {"banli_certificate": kind}, **files(site)) as town:
        assert town.parts.left_out() == ((told,) if kind is NoPdf else ())
        assert (town.parts.plugins.signers["certificate"].binder() is None) is (kind is NoPdf)
        (plugin,) = (one for one in town.parts.plugins.active if one.name == "banli_certificate")
        assert await plugin.check() == "", "an operator who has not installed it is told at the start, and no more"


def test_an_author_who_writes_something_else_there_is_told(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for folder in ("definitions", "themes"):
        shutil.copytree(bundled() / folder, site / folder)
    listed = site / "definitions/site.yaml"
    text = listed.read_text(encoding="utf-8")
    listed.write_text(text.replace(LINE, "  - banli_imaging: {optional: perhaps}\n"), encoding="utf-8")
    found = CliRunner().invoke(main, ["check", "--site", str(site)])
    assert found.exit_code == 1
    assert "definitions/site.yaml:10:31: wrong-type: This must be true or false, not text. Write true or false." in found.stdout
