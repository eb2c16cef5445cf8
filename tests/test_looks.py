"""What a company may do with its looks: words that can be read, a logo that can do nothing but be seen."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import yaml
from PIL import Image

from app_fixtures import Town, app_template, town
from banli.cli.base import kinds_of
from banli.definitions.checks.looks import LEAST, contrast
from banli.definitions.library import Library
from banli.logos import LARGEST, flaw, media_type
from banli.sites import bundled, open_site
from banli.themes import BrokenTheme, read_themes
from site_kit import changed, dumped

__all__ = ["app_template", "town"]

KINDS = kinds_of(open_site(bundled(), demo=True))

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}</svg>'


# ------------------------------------------------------------------ contrast


@pytest.mark.parametrize("one, other, ratio", [
    ("#000000", "#ffffff", 21.0), ("#fff", "#000", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54),
    ("#0b5cad", "#0b5cad", 1.0),
])  # fmt: skip
def test_contrast_is_reckoned_as_the_guidelines_do(one: str, other: str, ratio: float) -> None:
    """WCAG 2.2, 1.4.3, with its own well-known examples."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(one, other) == contrast(other, one)


def test_every_theme_that_ships_can_be_read_by_day_and_by_night() -> None:
    shape = read_themes(bundled() / "themes")["plain"].shape()
    assert len(shape.pairs) >= 12
    faint = [(pair, mode) for pair in shape.pairs for mode, colors in (("light", shape.light), ("dark", shape.dark))
             if contrast(colors[pair[0]], colors[pair[1]]) < LEAST]  # fmt: skip
    assert faint == []


def test_a_theme_that_names_a_ground_it_does_not_have_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    text = "tokens: {text: {kind: color, light: '#000'}}\ngrounds: {paper: [text]}"
    (tmp_path / "odd" / "theme.yaml").write_text(text)
    with pytest.raises(BrokenTheme, match=r"odd/theme.yaml: 'grounds' names 'paper', which is no token of a colour."):
        read_themes(tmp_path)


def told(tmp_path: Path, **files: str) -> list[str]:
    """What is said of the example site with these files changed, without what is not translated."""
    root = changed(tmp_path / "site", **files)
    mistakes = Library.read(root / "definitions", KINDS).mistakes
    return [str(mistake) for mistake in mistakes if mistake.code != "translation"]


def test_words_that_fade_into_their_ground_are_told_in_every_environment(tmp_path: Path) -> None:
    """By day, by night, in an environment of the company's own: each once, where one of the two was chosen."""
    firm = {"name": "plain", "tokens": {"brand": "#9fc5e8"}, "dark": {"muted": "#444"}}
    own = {"staging": {"theme": {"tokens": {"text": "#eeeeee"}}}}
    said = told(
        tmp_path, site=dumped(environments={"staging": {}}), companies__8002__company=dumped(theme=firm, environments=own)
    )
    cure = "4.5 : 1 can be read; make one of the two lighter or darker."
    assert sorted(re.sub(r"^.*?company.yaml:\d+:\d+: low-contrast: ", "", line) for line in said) == [
        f"'brand' (#9fc5e8) on 'page' (#f3f4f6) has a contrast of 1.6 : 1 by day. {cure}",
        f"'brand' (#9fc5e8) on 'surface' (#ffffff) has a contrast of 1.8 : 1 by day. {cure}",
        f"'muted' (#444) on 'page' (#101418) has a contrast of 1.9 : 1 by night. {cure}",
        f"'muted' (#444) on 'surface' (#1a2027) has a contrast of 1.7 : 1 by night. {cure}",
        f"'on_brand' (#ffffff) on 'brand' (#9fc5e8) has a contrast of 1.8 : 1 by day. {cure}",
        f"'text' (#eeeeee) on 'page' (#f3f4f6) has a contrast of 1.1 : 1 by day in the environment 'staging'. {cure}",
        f"'text' (#eeeeee) on 'surface' (#ffffff) has a contrast of 1.2 : 1 by day in the environment 'staging'. {cure}",
    ]


def test_an_environment_of_the_site_is_looked_at_with_every_company_and_with_the_first_page(tmp_path: Path) -> None:
    said = told(tmp_path, site=dumped(environments={"staging": {"theme": {"dark": {"surface": "#777777"}}}}))
    files = {re.sub(r":\d+:\d+: low-contrast: .*", "", line) for line in said}
    assert files == {
        "definitions/site.yaml",
        "definitions/companies/8001/company.yaml",
        "definitions/companies/8002/company.yaml",
    }
    assert all("on 'surface' (#777777)" in line and line.count("by night in the environment 'staging'") == 1 for line in said)


def test_both_companies_and_the_staging_environment_can_be_read(tmp_path: Path) -> None:
    assert told(tmp_path) == []


# ------------------------------------------------------------------ logos


@pytest.mark.parametrize("inside, what", [
    ("<script>alert(1)</script>", "This SVG has a <script> in it."),
    ("<foreignObject/>", "This SVG has a <foreignObject> in it."),
    ("<style>*{}</style>", "This SVG has a <style> in it."),
    ('<image href="x.png"/>', "This SVG has a <image> in it."),
    ('<a href="#x"/>', "This SVG has a <a> in it."),
    ('<animate attributeName="href"/>', "This SVG has a <animate> in it."),
    ('<path onload="x()"/>', "This SVG has 'onload' on a <path>, which could do or load something."),
    ('<use href="#a"/>', "This SVG has a <use> in it."),
    ('<linearGradient href="https://example.org/x.svg#a"/>', "This SVG has 'href' on a <linearGradient>, which could do or load something."),
    ('<path style="fill:url(https://example.org/a)"/>', "This SVG has 'style' on a <path>, which could do or load something."),
    ('<path fill="url( //example.org)"/>', "This SVG has 'fill' on a <path>, which could do or load something."),
    ("<path", "This SVG cannot be read."),
])  # fmt: skip
def test_a_logo_cannot_do_anything(inside: str, what: str) -> None:
    found = flaw(SVG.format(inside).encode())
    assert found is not None and found[0] == what


def test_a_logo_has_nothing_to_expand() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "x">]>' + SVG.format("<text>&a;</text>")
    assert media_type(bomb.encode()) == ""
    hidden = SVG.format("<text>a</text>").replace("<text>", "<?xml-stylesheet href='x'?><text>")
    assert flaw(hidden.encode()) == (
        "This SVG has a document type or an instruction in it.", "Save it as plain SVG: shapes, text and gradients.",
    )  # fmt: skip


def test_shapes_gradients_and_what_is_inside_are_fine() -> None:
    inside = '<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs><path fill="url(#g)"/><linearGradient id="h" href="#g"/>'
    assert flaw(SVG.format(inside).encode()) is None
    assert flaw(b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn -->\n' + SVG.format("<g/>").encode()) is None


def test_pictures_are_known_by_their_content_and_are_small(tmp_path: Path) -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        made = io.BytesIO()
        Image.new("RGB", (60, 20), "navy").save(made, kind)
        assert (flaw(made.getvalue()), media_type(made.getvalue())) == (None, f"image/{kind.lower()}")
    wide = io.BytesIO()
    Image.new("1", (1300, 10)).save(wide, "PNG")
    assert flaw(wide.getvalue()) == ("This picture is 1300 by 10 pixels.", "Make it at most 1200 pixels wide and high.")
    assert flaw(b"GIF89a") == ("This is no picture that can be shown.", "Use SVG, PNG, WebP or JPEG.")
    assert flaw(b"\x89PNG\r\n\x1a\n" + b"x" * 50) == ("This picture cannot be read.", "Save it anew.")
    assert flaw(b" " * (LARGEST + 1)) == ("This picture has 30,001 bytes, over 30,000.", "Make it smaller; an SVG usually is.")


def test_an_author_is_told_of_a_logo_that_is_missing_or_not_safe(tmp_path: Path) -> None:
    theme = {"name": "plain", "logo": {"file": "lgo.svg", "dark": "night.svg", "alt": "标志"}}
    root = changed(tmp_path / "site", companies__8001__company=dumped(theme=theme))
    (root / "definitions/companies/8001/night.svg").write_text(SVG.format("<script/>"))
    mistakes = Library.read(root / "definitions", KINDS, tmp_path / "cache").mistakes
    said = [str(mistake) for mistake in mistakes if mistake.code != "translation"]
    assert sorted(re.sub(r"^.*?company.yaml:\d+:\d+: ", "", line) for line in said) == [
        "bad-picture: This SVG has a <script> in it. Save it as plain SVG: shapes, text and gradients.",
        "missing-picture: There is no picture 'lgo.svg'. Did you mean 'logo.svg'?",
    ]
    (root / "definitions/companies/8001/night.svg").write_text(SVG.format("<g/>"))
    again = Library.read(root / "definitions", KINDS, tmp_path / "cache").mistakes
    assert [mistake.code for mistake in again if mistake.code != "translation"] == ["missing-picture"]


async def test_a_client_sees_the_logo_of_the_company_by_day_and_by_night(town: Town) -> None:
    """R-014"""
    page = (await town.phone().get("/8002")).page
    source, light = re.findall(r'srcset="(/8002/logo/[^"]+)".*?src="(/8002/logo/[^"]+)" alt="清河期货的标志"', page, re.S)[0]
    assert "logo_dark.svg?v=" in source and "logo.svg?v=" in light
    client = town.app.test_client()
    answer = await client.get(light)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer.headers["Cache-Control"]
    assert await answer.get_data() == (bundled() / "definitions/companies/8002/logo.svg").read_bytes()
    for path in ("/8002/logo/company.yaml", "/8001/logo/logo_dark.svg", "/8002/logo/..%2f8001%2flogo.svg", "/9999/logo/logo.svg"):
        assert (await client.get(path)).status_code == 404


def test_the_example_companies_say_what_their_logos_show() -> None:
    for company in ("8001", "8002"):
        told_ = yaml.safe_load((bundled() / f"definitions/companies/{company}/company.yaml").read_text(encoding="utf-8"))
        assert told_["theme"]["logo"]["alt"]
