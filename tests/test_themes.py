"""Themes: tokens become CSS, forms are pressed once, and what a client typed is only ever text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from banli.definitions.model import Company, Note
from banli.i18n import Translator
from banli.sites import bundled
from banli.themes import BrokenTheme, Filling, Sheet, Themes, Wording, read_themes
from banli.themes.pressing import press
from banli.themes.wording import unbroken
from small_flows import KINDS, Group, Option, book, form, question

COMPANY = Company("8009", "Nine", "Nine", "400", True, {}, {}, ())
ENGLISH = Translator("en", {}, {})
PLAIN = Wording(ENGLISH, {}, {})


@pytest.fixture(scope="module")
def themes() -> Themes:
    return Themes(bundled() / "themes")


def pressed(themes: Themes, *layout: Any, record: Any = None) -> Sheet:
    """A form of these fields in the plain theme, in English."""
    small = book([form("page", *layout)], record=record or {})
    return press(
        small.forms["page"], KINDS.kind, lambda text: small.condition("form page", text),
        lambda template, values: themes.render(template, ENGLISH, {**values, "text": PLAIN.text}), ENGLISH.say, {"policy": "Privacy Policy"},
    )  # fmt: skip


def test_a_company_changes_tokens_and_nothing_else_gets_into_the_stylesheet(themes: Themes) -> None:
    css = themes.css("plain", replace(COMPANY, theme={
        "name": "plain", "tokens": {"brand": "#123456", "radius": "3px"}, "dark": {"brand": "red;}body{display:none"},
    }))  # fmt: skip
    day, night = css.split("@media (prefers-color-scheme:dark)")[:2]
    assert "--brand:#123456" in day
    assert "--radius:3px" in day
    assert "--brand:#7db8f5" in night
    assert "display:none" not in css.split("*,")[0]


def test_the_address_of_a_stylesheet_follows_its_content(themes: Themes) -> None:
    plain, other = (
        themes.stylesheet("plain", COMPANY),
        themes.stylesheet("plain", replace(COMPANY, theme={"tokens": {"brand": "#111"}})),
    )
    assert plain.startswith("/8009/theme.css?v=")
    assert plain != other
    assert themes.stylesheet().startswith("/static/style/plain/plain.css?v=")


def test_a_theme_with_a_token_of_no_kind_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "theme.yaml").write_text("tokens: {brand: {kind: colour, light: '#fff'}}")
    with pytest.raises(BrokenTheme, match=r"odd/theme.yaml: The token 'brand' has no kind. Kinds are color, length, text."):
        read_themes(tmp_path)


def test_the_checker_gets_the_kinds_of_tokens(themes: Themes) -> None:
    plain = themes.shapes()["plain"]
    assert [plain.tokens[name] for name in ("brand", "radius", "font")] == ["color", "length", "text"]
    assert (plain.light["brand"], plain.dark["brand"], plain.dark["radius"]) == ("#0b5cad", "#7db8f5", "8px")
    assert ("on_brand", "brand") in plain.pairs


ASKED: dict[str, Any] = {
    "text": question("name", {"type": "string"}, required=True, hint="As on the card", placeholder="Name"),
    "multiline": question("story", {"type": "string"}, kind="multiline"),
    "number": question("amount", {"type": "number"}, options={"unit": "CNY"}),
    "date": question("day", {"type": "string", "format": "date"}),
    "radio": question("sex", {"enum": ["f", "m"]}),
    "checkboxes": question("likes", {"type": "array", "items": {"enum": ["a", "b"]}}),
    "select": question("town", {"enum": ["x", "y"]}, options={"look": "select"}),
    "phone": question("phone", {"type": "string", "format": "cn-phone"}),
    "id_number": question("card", {"type": "string", "format": "cn-id-number"}),
    "email": question("mail", {"type": "string", "format": "email"}),
    "postal_code": question("post", {"type": "string", "format": "cn-postal-code"}),
    "bank_card": question("number", {"type": "string", "format": "cn-bank-card"}),
    "yes_no": question("agreed", {"type": "boolean"}),
    "consent": question("privacy", {"const": True}, title="I agree to the Privacy Policy", options={"agreement": "policy"}),
    "otp": question("code", {"type": "string"}, kind="otp", options={"to": "phone"}),
    "captcha": question("captcha", {"type": "string"}, kind="captcha"),
    "photo": question("shot", {"type": "string", "contentMediaType": "image/*"}, options={"example": "id_front"}),
}


@pytest.mark.parametrize("kind", ASKED)
def test_every_kind_of_question_has_a_label_a_place_for_errors_and_keeps_what_was_typed(themes: Themes, kind: str) -> None:
    """R-096: the sentence stands at the field and the field says that it is wrong."""
    asked = ASKED[kind]
    raw = {
        asked.name: {"radio": ["m"], "checkboxes": ["b"], "select": ["y"], "yes_no": ["true"], "consent": ["true"]}.get(
            kind, ['"><b>']
        )
    }
    page = pressed(themes, asked).fill(Filling(raw=raw, wrong={asked.name: "Not <so>."}))
    assert '"><b>' not in page
    assert "Not &lt;so&gt;." in page
    assert 'aria-invalid="true" autofocus' in page
    named = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]*?id="([^"]+)"', page)
    labels = set(re.findall(r'for="([^"]+)"', page))
    wrapped = set(re.findall(r'<label[^>]*>(?:(?!</label>).)*?id="([^"]+)"', page, re.S))
    assert named
    assert set(named) <= labels | wrapped
    for described in re.findall(r'aria-describedby="([^"]+)"', page):
        assert all(f'id="{one}"' in page for one in described.split())
    chosen = {"radio": 'value="m" checked', "checkboxes": 'value="b" checked', "select": 'value="y" selected'}
    assert chosen.get(kind, "&#34;&gt;&lt;b&gt;" if kind not in ("yes_no", "consent") else "checked") in page


def test_the_first_wrong_field_gets_the_focus_and_no_other(themes: Themes) -> None:
    """R-096"""
    sheet = pressed(themes, ASKED["text"], ASKED["phone"], ASKED["email"])
    page = sheet.fill(Filling(wrong={"phone": "No.", "mail": "No."}))
    assert page.count("autofocus") == 1
    assert re.search(r'name="phone"[^>]*autofocus', page)


def test_a_period_has_two_dates_and_a_tick_for_no_end(themes: Themes) -> None:
    """R-077, R-078"""
    period = question(
        "valid",
        {"type": "object", "properties": {"from": {}, "to": {}}},
        options={"long_term": "2099-12-31", "long_term_text": "For ever"},
    )
    sheet = pressed(themes, period)
    raw = {"valid.from": ["2020-01-01"], "valid.to": ["2099-12-31"], "valid.long_term": ["true"]}
    page = sheet.fill(Filling(raw=raw))
    assert 'name="valid.from"' in page
    assert 'value="2020-01-01"' in page
    assert 'data-far="2099-12-31"' in page
    assert re.search(r'name="valid.long_term" value="true" checked><span>For ever', page)
    assert sheet.scripts == ("range",)


def test_options_below_another_answer_are_only_those_of_that_answer(themes: Themes) -> None:
    """R-094"""
    places = (
        question("province", {"enum": ["41", "44"]}, options={"look": "select"}),
        question("city", {"enum": ["4101", "4401"]}, options={"within": "province", "look": "select"}, choices=(
            Option("4101", "Zhengzhou", "41"), Option("4401", "Guangzhou", "44"),
            Option("4499", "Gone", "44", retired=True))),
    )  # fmt: skip
    sheet = pressed(themes, *places)
    page = sheet.fill(Filling(raw={"province": ["44"], "city": ["4401"]}))
    assert '<option value="4401" selected>Guangzhou</option>' in page
    assert "Zhengzhou" not in page
    assert "Gone" not in page
    assert sheet.nested["city"]["41"] == [("4101", "Zhengzhou")]


def test_rows_of_a_list_keep_their_numbers_and_a_blank_one_waits_for_the_script(themes: Themes) -> None:
    inner = (question("bank", {"type": "string"}), question("number", {"type": "string"}))
    cards = question("cards", {"type": "array", "items": {"type": "object"}}, items=inner, options={"add": "Another card"})
    sheet = pressed(themes, cards)
    page = sheet.fill(
        Filling(raw={"cards.0.bank": ["icbc"], "cards.3.number": ["62"]}, wrong={"cards.3.number": "Too short."})
    )
    assert re.findall(r'name="(cards\.[^"]+)"', page.split("<template")[0]) == [
        "cards.0._", "cards.0.bank", "cards.0.number", "cards.3._", "cards.3.bank", "cards.3.number",
    ]  # fmt: skip
    assert 'value="cards.3"' in page
    assert 'id="f-cards-3-number-e">Too short.' in page
    assert 'name="cards.__.bank"' in page
    assert "Another card" in page
    assert re.search('[\ue003\ue004]', page) is None


def test_each_row_of_a_list_is_a_group_that_says_which_it_is(themes: Themes) -> None:
    """Two rows of the same questions are told apart by somebody who only hears them."""
    inner = (question("number", {"type": "string"}),)
    cards = question("cards", {"type": "array", "items": {"type": "object"}}, items=inner)
    page = pressed(themes, cards).fill(Filling(raw={"cards.0.number": ["61"], "cards.3.number": ["62"]}))
    names = dict(re.findall(r'<p class="hint" id="([^"]+)">(.*?)</p>', page))
    rows = [re.sub("<[^>]+>", "", names[by]) for by in re.findall(r'role="group" aria-labelledby="([^"]+)"', page)]
    assert rows == ["Item 1", "Item 2", "Item "]
    assert page.count("<span data-place>") == 3


def test_what_is_shown_only_sometimes_is_hidden_and_told_to_the_script(themes: Themes) -> None:
    sheet = pressed(
        themes, ASKED["radio"],
        question("why", {"type": "string"}, when='sex == "m"'),
        Note("Only for some.", when="client.vip"),
        Group("more", "More", when='sex == "f"', entries=(question("x", {"type": "string"}),)),
        record={"vip": {"type": "boolean"}},
    )  # fmt: skip
    hidden = sheet.hidden({"sex": "m", "client.vip": False})
    page = sheet.fill(Filling(hidden=hidden))
    assert "group:more" in hidden
    assert "x" in hidden
    assert re.search(r'data-at="group:more" hidden', page)
    assert re.search(r'data-at="note:\d+" hidden', page)
    assert not re.search(r'data-at="why" hidden', page)
    data = sheet.data({"client.vip": False, "client.secret": "x"})
    assert data is not None
    assert data["around"] == {"client.vip": False}
    assert [name for name, _ in data["show"]][:1] == ["why"]


def test_a_read_only_answer_is_text(themes: Themes) -> None:
    """R-075"""
    page = pressed(themes, question("name", {"type": "string"}, read_only=True, prefill="client.name")).fill(
        Filling(shown={"name": ["<样本>", "2"]})
    )
    assert "&lt;样本&gt;<br>2" in page
    assert "<input" not in page


def test_a_read_only_photo_is_a_picture(themes: Themes) -> None:
    field = question("front", {"type": "string", "contentMediaType": "image/*"}, read_only=True, prefill="client.front")
    page = pressed(themes, field).fill(
        Filling(live={("picture", "front"): Markup('<img class="shot" src="/p/1" alt="Front">')}, shown={"front": []})
    )
    assert page.strip() == (
        '<div class="field fixed" data-at="front"><p class="label">front</p>'
        '<img class="shot" src="/p/1" alt="Front"></div>'
    )


def test_an_agreements_markdown_cannot_bring_html_and_names_are_filled() -> None:
    from banli.definitions.model import Agreement

    wording = Wording(ENGLISH, {}, {"client": {"name": "<i>Li</i>"}})
    written = wording.agreement(
        Agreement("a", "A", "1", "contract", "## A\n{{ client.name }} <script>x</script>", "markdown", "")
    )
    assert written == Markup("<h2>A</h2>\n<p>&lt;i&gt;Li&lt;/i&gt; &lt;script&gt;x&lt;/script&gt;</p>\n")
    html = wording.agreement(Agreement("a", "A", "1", "contract", "<p>{{ client.name }}</p>", "html", ""))
    assert html == "<p>&lt;i&gt;Li&lt;/i&gt;</p>"


def test_a_text_of_an_author_cannot_reach_into_the_program() -> None:
    wording = Wording(ENGLISH, {}, {"client": {"name": "Li"}})
    assert wording.render("{{ client.name }}{{ client.nothing }}") == "Li"
    with pytest.raises(Exception, match="unsafe"):
        wording.render("{{ client.__class__.__mro__ }}")


def test_no_line_ends_within_a_number_and_the_hotline_can_be_called() -> None:
    assert unbroken("Call 400-000-8001. Open 08:30-17:00, closed 5 - 7 <b>", "400-000-8001") == Markup(
        'Call <a href="tel:4000008001">400-000-8001</a>. Open <span class="whole">08:30-17:00</span>, closed 5 - 7 &lt;b&gt;'
    )
    assert unbroken("2 < 3") == "2 &lt; 3"
