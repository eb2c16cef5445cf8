"""An author edits the files of a product that runs with `--reload`, and breaks and mends them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app_fixtures import BING
from authors import SOON, Author, site_of_an_author
from banli.app import create_app
from banli.following import follow, until_good
from banli.renewal import Renewal
from banli.sites import Site
from banli.web.live import Gate
from lean_kit import lean
from town import Town

SITE, FLOW, FORM = "definitions/site.yaml", "definitions/flows/basic_info_change.yaml", "definitions/forms/contact_phone.yaml"
COMPANY, THEME = "definitions/companies/8001/company.yaml", "themes/plain/theme.yaml"
MENU = "themes/plain/templates/menu.html"
BEFORE, AFTER = "choose_business: 业务选择", "choose_business: 业务办理"
"""A sentence of the menu; both have their English."""
KEY = ("8001", "basic_info_change")
LOUD = '<div class="live-note" '


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    author = Author(site_of_an_author(tmp_path_factory.mktemp("author") / "site"))
    try:
        yield author.starts()
    finally:
        author.close()


@pytest.fixture
def author(product: Author, tmp_path: Path) -> Iterator[Author]:
    """With the files as they were at first: each test leaves them so."""
    kept = {name: shutil.copytree(product.site / name, tmp_path / name) for name in ("definitions", "themes")}
    served = product.state()["served"]
    product.terminal = ""
    yield product
    for name, copy in kept.items():
        shutil.rmtree(product.site / name)
        shutil.copytree(copy, product.site / name)
    if "Reloaded" in product.terminal or product.state()["served"] != served or LOUD in product.page():
        product.until(lambda: "业务选择" in product.page() and LOUD not in product.page())
    product.until(lambda: product.terminal.endswith("\n") or not product.terminal)


def checked(site: Path) -> str:
    """What `banli check` prints."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("BANLI_")} | {"BANLI_ENVIRONMENT": "demo"}
    command = [sys.executable, "-m", "banli.cli", "check", "--site", str(site)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60).stdout.strip()


def test_an_author_sees_an_edit_at_once_and_reads_what_it_changes_for_whom(author: Author) -> None:
    """Within a second on a machine that does nothing else; pages, and one line in the terminal in the words of `banli diff`."""
    author.edit(SITE, BEFORE, AFTER)
    author.sees("业务办理")
    author.edit(COMPANY, "hotline: 400-000-8001", "hotline: 400-111-8001")
    author.reads("400-000-8001 → 400-111-8001")
    line = next(line for line in author.terminal.splitlines() if "→" in line)
    assert line.startswith("Reloaded in ")
    assert "8001/" in line
    assert "8002/" not in line
    assert LOUD not in author.page()


def test_a_broken_edit_changes_nothing_and_is_told_as_check_tells_it(author: Author) -> None:
    """The last good files are served; terminal, banner and page say place, sentence and cure; all of it goes with the mend."""
    author.edit(FORM, "kind: otp", "kind: otq")
    author.sees(LOUD)
    author.reads("Not reloaded: the last good files are served.\n")
    told = checked(author.site)
    mistake = next(line for line in told.splitlines() if "otq" in line)
    assert f"{told}\nNot reloaded: the last good files are served.\n" in author.terminal
    assert author.terminal.count(mistake) == 1
    assert "业务选择" in author.page()
    place, _, what = mistake.partition(": ")
    page = author.page("/-/mistakes")
    line = place.split(":")[1]
    assert f"<code>{place}</code>" in page
    assert f"<b>{line}</b>       kind: otq" in page
    assert "Did you mean" in page and what.partition(": ")[0] in page
    assert "live-note" not in page, "no banner on the page that it leads to"
    for other in ("/", "/8001/business/basic_info_change", "/nothing/here", "/desk"):
        assert LOUD in author.page(other), other
    author.edit(FORM, "kind: otq", "kind: otp")
    author.until(lambda: LOUD not in author.page())
    assert mistake not in checked(author.site)
    assert "otq" not in author.page("/-/mistakes")


def test_an_edit_beside_a_mistake_waits_for_the_mend_and_then_comes_whole(author: Author) -> None:
    author.edit(FORM, "kind: otp", "kind: otq")
    author.sees(LOUD)
    author.edit(SITE, BEFORE, AFTER)
    author.until(lambda: author.terminal.count("Not reloaded") == 2)
    assert "业务选择" in author.page()
    author.edit(FORM, "kind: otq", "kind: otp")
    author.sees("业务办理")


def test_a_mistake_in_a_story_keeps_nobody_from_trying_the_pages(author: Author) -> None:
    story = next((author.site / "definitions/scenarios").rglob("phone*.yaml")).relative_to(author.site)
    author.path(str(story)).write_text(author.path(str(story)).read_text() + "nonsense: 1\n")
    author.edit(SITE, BEFORE, AFTER)
    author.sees("业务办理")
    author.reads("unknown-key")
    author.until(lambda: "unknown-key" in author.page("/-/mistakes"))
    assert 'class="live-note quiet"' in author.page()
    assert LOUD not in author.page()


def test_looks_follow_too(author: Author) -> None:
    """Colours, logos, templates, stylesheets and translations; addresses of stylesheets and pictures change with the content."""
    before = author.page()
    author.edit(COMPANY, "brand: '#0b5cad'", "brand: '#0a4f96'")
    author.until(lambda: "#0a4f96" in author.page("/8001/theme.css"))
    style = next(part for part in author.page().split('"') if "theme.css?v=" in part)
    assert style not in before
    assert "#0a4f96" in author.page(style)
    logo = author.path("definitions/companies/8001/logo.svg")
    logo.write_text(logo.read_text().replace("</svg>", "<title>new</title></svg>"))
    author.until(lambda: "<title>new</title>" in author.page("/8001/logo/logo.svg"))
    author.edit("themes/plain/templates/menu.html", "{% block main %}", "{% block main %}<p>drawn anew</p>")
    author.sees("<p>drawn anew</p>")
    po = author.path("definitions/locales/en/LC_MESSAGES/site.po")
    text = po.read_text()
    at = text.index('msgid "业务选择"\n')
    po.write_text(text[:at] + text[at:].replace('msgstr "', 'msgstr "Anew: ', 1))
    author.sees("Anew: ", "/8001?lang=en")


def test_a_broken_look_is_told_with_its_place(author: Author) -> None:
    author.edit("themes/plain/templates/login.html", "{% block main %}", "{% block main %}{% if %}")
    author.sees("themes/plain/templates/login.html:", "/-/mistakes")
    assert author.status("/8001/business/basic_info_change") == 200, "a template that nobody had asked for yet"
    shutil.copy(Path(__file__).parents[1] / "themes/plain/templates/login.html", author.path("themes/plain/templates/login.html"))
    author.until(lambda: LOUD not in author.page())
    author.edit(THEME, "title: Plain", "title: [Plain")
    author.sees("themes/plain/theme.yaml:", "/-/mistakes")
    assert author.status("/8001") == 200


def test_whatever_lies_in_the_folder_the_product_goes_on(author: Author) -> None:
    """A file saved by halves, no UTF-8, a file gone, a folder renamed, a name that is no text, a pipe, everything gone."""
    form = author.path(FORM)
    whole = form.read_bytes()
    form.write_bytes(whole[: len(whole) // 2])
    form.write_bytes(whole)
    form.write_bytes(b"title: \xff\xfe\n")
    author.sees("not-utf8", "/-/mistakes")
    form.unlink()
    author.until(lambda: "contact_phone" in author.page("/-/mistakes") and "not-utf8" not in author.page("/-/mistakes"))
    form.write_bytes(whole)
    author.until(lambda: LOUD not in author.page())
    os.rename(author.path("definitions/forms"), author.path("definitions/forms_old"))
    author.sees(LOUD)
    os.rename(author.path("definitions/forms_old"), author.path("definitions/forms"))
    author.until(lambda: LOUD not in author.page())
    os.mkfifo(author.path("definitions/forms/pipe.yaml"))
    odd = os.fsencode(author.path("definitions/forms")) + b"/odd\xff.yaml"
    Path(os.fsdecode(odd)).write_bytes(b"title: odd\n")
    author.sees(LOUD)
    Path(os.fsdecode(odd)).unlink()
    author.path("definitions/forms/pipe.yaml").unlink()
    author.until(lambda: LOUD not in author.page())
    os.rename(author.path("definitions"), author.path("elsewhere"))
    author.sees(LOUD)
    assert "业务选择" in author.page()
    os.rename(author.path("elsewhere"), author.path("definitions"))
    author.until(lambda: LOUD not in author.page())
    assert "Traceback" not in author.terminal


def test_a_thousand_files_that_say_the_same_are_no_edit(author: Author) -> None:
    many = author.path("definitions/dictionaries")
    for number in range(1000):
        (many / f"many_{number}.yaml").write_text("title: 学历\nversion: '1'\nitems:\n  - {code: a, text: 学历}\n")
    author.reads("nothing that a case begins with")
    served, printed = author.state(), author.terminal
    for path in many.iterdir():
        path.touch()
    author.edit(SITE, BEFORE, AFTER)
    author.sees("业务办理")
    assert author.state()["served"] != served["served"]
    assert author.terminal.startswith(printed)


def test_other_plugins_need_a_restart_and_nothing_else_is_taken_over(author: Author) -> None:
    author.edit(SITE, "banli_otp: {gateway: outbox", "banli_otp: {gateway: outbox, allow_in_production: true")
    author.edit(SITE, BEFORE, AFTER)
    author.reads("The plugins in site.yaml, or their settings, are other ones now: restart.")
    author.sees("A restart is needed", "/-/mistakes")
    assert "业务选择" in author.page()
    author.edit(SITE, ", allow_in_production: true", "")
    author.sees("业务办理")
    assert "A restart is needed" not in author.page("/-/mistakes")


def test_a_product_that_cannot_start_waits_for_the_mend(tmp_path: Path) -> None:
    site = site_of_an_author(tmp_path / "site")
    flow = site / FLOW
    text = flow.read_text()
    flow.write_text(text.replace("steps:", "stepz:"))
    author = Author(site)
    try:
        author.reads("Nothing is served yet: mend this, and it starts.")
        assert "unknown-key" in author.terminal
        flow.write_text(text)
        author.starts()
        assert author.status("/8001") == 200
    finally:
        author.close()
    assert "Traceback" not in author.terminal


@pytest.mark.parametrize(
    ("words", "environment", "told"),
    [
        ((), "production", "--reload is for writing definitions: clients would get every edit."),
        (("--workers", "2"), "", "--reload goes with one worker only"),
    ],
)
def test_it_is_refused_where_clients_would_get_every_edit(words: tuple[str, ...], environment: str, told: str) -> None:
    env = {**os.environ, "BANLI_ENVIRONMENT": environment}
    command = [sys.executable, "-m", "banli.cli", "serve", "--reload", *words]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_whoever_came_before_the_change_goes_before_it() -> None:
    """Nobody gets half of the old and half of the new."""
    seen, files, going = [], ["old"], asyncio.Event()

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        first = files[0]
        await going.wait()
        seen.append((first, files[0]))

    gate = Gate(app)
    scope = {"type": "http", "headers": []}
    before = asyncio.create_task(gate(scope, None, None))
    await asyncio.sleep(0)
    change = asyncio.create_task(gate.alone(lambda: files.__setitem__(0, "new")))
    await asyncio.sleep(0)
    after = asyncio.create_task(gate(scope, None, None))
    await asyncio.sleep(0)
    assert files == ["old"]
    going.set()
    await asyncio.gather(before, change, after)
    assert seen == [("old", "old"), ("new", "new")]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{% block main %}", "{% block main %}{{ 1|monney }}", "No filter named 'monney'."),
        ('{% extends "frame.html" %}', '{% extends "fraem.html" %}', "There is no template 'fraem.html'. Did you mean 'frame.html'?"),
        ("import contact,", "import contacts,", "'_macros.html' has no macro 'contacts'. Did you mean 'contact'?"),
    ],
)
def test_a_template_that_could_never_be_drawn_is_not_served(author: Author, old: str, new: str, told: str) -> None:
    author.edit(MENU, old, new)
    author.sees(LOUD)
    author.reads(told)
    assert "业务选择" in author.page()
    author.edit(MENU, new, old)
    author.until(lambda: LOUD not in author.page())


def test_a_template_that_fails_when_it_is_drawn_is_told_with_its_line(author: Author) -> None:
    """On the page of mistakes and in the terminal, as soon as somebody has asked for the page; gone with the next edit."""
    author.edit(MENU, "{% block main %}", "{% block main %}{{ 0 // 0 }}")
    author.until(lambda: author.status("/8001") == 500)
    line = author.path(MENU).read_text().split("{{ 0 // 0 }}")[0].count("\n") + 1
    author.reads(f"{MENU}:{line}:1: template: A page could not be drawn (ZeroDivisionError).")
    author.until(lambda: f"<code>{MENU}:{line}:1</code>" in author.page("/-/mistakes"))
    assert author.terminal.count("could not be drawn") == 1
    author.edit(MENU, "{% block main %}{{ 0 // 0 }}", "{% block main %}")
    author.sees("业务选择")
    author.until(lambda: "could not be drawn" not in author.page("/-/mistakes"))


def test_the_addresses_of_reload_are_there_with_reload_only(author: Author) -> None:
    """No company can be called `-`; the state tells nothing but what pages need, and no session is kept alive by it."""
    assert sorted(json.loads(author.page("/-/state"))) == ["look", "served", "text", "told"]
    assert author.status("/-/live.js") == author.status("/-/live.css") == author.status("/-/mistakes") == 200
    assert '"route":"/-/' not in (author.site / "var/demo.log").read_text().replace(" ", "")


async def test_new_cases_begin_with_the_files_though_something_is_published(tmp_path: Path, clock: Any) -> None:
    """An open case keeps what it began with; what is published stays published."""
    root = site_of_an_author(tmp_path / "site")
    var = tmp_path / "var"
    site = Site(root, var, f"sqlite:///{var / 'banli.db'}", f"file://{var / 'blobs'}", "test", demo=True, secure_cookies=False)
    renewal, printed = Renewal(site, "test"), []
    app = until_good(renewal, lambda site: create_app(site, clock=clock, with_worker=False, available=lean(site)), printed.append)
    follow(app, renewal, printed.append)
    async with app.test_app():
        parts = app.parts  # type: ignore[attr-defined]
        town = Town(
            parts.store, clock, parts.plugins, parts.editions, parts.caseload, parts.clients, parts.cases, parts.deliveries
        )
        await parts.releases.publish(await parts.releases.changes([KEY]), {"8001": "operator"})
        published = parts.editions.in_force(*KEY).edition
        first = await town.start(await town.enter())
        form = root / FORM
        form.write_text(form.read_text().replace("title: 基本信息资料", "title: 联系电话"))
        async with asyncio.timeout(SOON):
            while "Reloaded" not in "".join(printed):
                await asyncio.sleep(0.05)
        assert parts.editions.in_force(*KEY).edition == published
        second = await town.start(await town.enter(BING))
        editions = [(await parts.caseload.find(number=number)).edition for number in (first, second)]
        assert editions[0].hash == published
        assert [edition.forms["contact_phone"].title for edition in editions] == ["基本信息资料", "联系电话"]
    assert printed[0].endswith("new cases begin with what the files say, whatever is published.")
