"""Two clients go the whole way; then every place where something was written is searched for what they are and typed.

Searched are the database (its file and its log of changes, or every row on PostgreSQL), the blobs, the cache, the key ring and
the log. Not searched is the folder of the plugins: there the demo's simulated core system and outbox stand in for systems
of the company, which know their clients.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import pytest
import structlog
import yaml

from app_fixtures import BING, JIA, Phone, Town, app_template, photo
from banli.app import create_app
from banli.sites import Site, bundled
from banli.staff import DEMO_PASSWORD, make_demo_staff, totp_now
from banli.web.watch import set_up_logging
from banli_directory.samples import OWN
from lean_kit import lean

__all__ = ["app_template"]

TYPED = {
    "a mobile": "13712344321",
    "a wrong mobile": "13712344329x",
    "a landline of a draft": "0371-66778899",
    "an e-mail": "geheim.post@example.net",
    "a wrong e-mail": "geheim(at)example.net",
    "a street": "郑州市管城区秘密路77号",
    "a postal code": "450099",
    "an employer": "秘密物业管理有限公司",
    "an unfinished answer": "这是还没写完的草稿",
    "an ID number mistyped": "410105199508130038",
    "a remark": "请核对张秘密的手机13788886666",
    "a date": "2021-08-21",
    "another date": "2041-08-21",
    "a query": "13700001234",
    "a try at the desk": "wangmimi",
}


@dataclass
class Secrets:
    """What must not be found, by what it is."""

    values: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def found(self, place: str, content: bytes, public: bytes = b"") -> Iterator[str]:
        """What of it stands there. In the cache, which repeats the definitions, what they say anyway tells nothing."""
        for what, value in self.values.items():
            if place.startswith("var/cache/") and value.encode() in public:
                continue
            if len(value) == 6 and value.isdigit():
                if alone(value).search(content):
                    yield f"{place}: {what}"
                continue
            for way, form in forms(value).items():
                if form in content:
                    yield f"{place}: {what} ({way})"
        for code in self.codes:
            # Codes are drawn by chance, and now and then one is the number of a city or of a line in the cached library.
            if not place.startswith("var/cache/") and alone(code).search(content):
                yield f"{place}: a code"
        for what, part in self.pictures.items():
            if part in content or base64.b64encode(part[:30]) in content:
                yield f"{place}: {what}"


def alone(digits: str) -> re.Pattern[bytes]:
    """Six digits by themselves: as a part of a random number or of a time they mean nothing."""
    return re.compile(rb"(?<![0-9a-f.])%s(?![0-9a-f])" % digits.encode())


def forms(value: str) -> dict[str, bytes]:
    """A text as it may stand somewhere."""
    plain = value.encode()
    made = {
        "UTF-8": plain,
        "UTF-16": value.encode("utf-16-le"),
        "UTF-16 the other way": value.encode("utf-16-be"),
        "GB 18030": value.encode("gb18030"),
        "escaped": json.dumps(value)[1:-1].encode(),
        "in an address": quote(value).encode(),
        "hex": plain.hex().encode(),
        "backwards": value[::-1].encode(),
    }
    for shift in range(3):
        # What stands before it is unknown: only the characters that depend on the value alone.
        coded = base64.b64encode(b"\0" * shift + plain)
        made[f"base64, {shift}"] = coded[-(-shift * 8 // 6) : (shift + len(plain)) * 8 // 6]
    return {way: form for way, form in made.items() if len(form) >= 5}


def personal(definitions: Path) -> dict[str, str]:
    """Every personal value of the sample clients: what `client.yaml` calls so and is no code of a list."""
    properties = yaml.safe_load((definitions / "client.yaml").read_text("utf-8"))["schema"]["properties"]
    free = {name for name, one in properties.items() if one.get("pii") and not str(one.get("$ref", "")).startswith("dictionary:")}
    found = {}
    for company, listed in yaml.safe_load(OWN.read_text("utf-8"))["companies"].items():
        for client in listed["clients"]:
            for name, value in {**listed["defaults"]["record"], **client["record"]}.items():
                parts = value.values() if isinstance(value, dict) else [value]
                for n, part in enumerate(parts if name in free else []):
                    if isinstance(part, (str, date)) and len(str(part)) >= 3:
                        found[f"{name} {n} of {client['ref']} at {company}"] = str(part)
    return found


@pytest.fixture
def log(tmp_path: Path) -> Iterator[io.StringIO]:
    """What an operator would find in the log."""
    written = io.StringIO()
    set_up_logging(written)
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    structlog.reset_defaults()


@pytest.fixture
async def town(app_template: Path, tmp_path: Path, clock: Any, database_url: str, log: io.StringIO) -> AsyncIterator[Town]:
    """The application on each database, with its log."""
    var = tmp_path / "var"
    shutil.copytree(app_template, var, ignore=shutil.ignore_patterns("banli.db*", "keys.json"))
    site = Site(bundled(), var, database_url, f"file://{var / 'blobs'}", environment="test", demo=True, secure_cookies=False)
    app = create_app(site, clock=clock, with_worker=False, available=lean(site))
    async with app.test_app():
        yield Town(app, app.parts, clock)  # type: ignore[attr-defined]


async def test_nothing_personal_can_be_found_at_rest_or_in_the_log(town: Town, tmp_path: Path, log: io.StringIO) -> None:
    """3.11: sealed with a key for each case; looked up by keyed hashes; masked in the log."""
    secrets = Secrets({**personal(bundled() / "definitions"), **TYPED})
    assert len(secrets.values) > 150
    numbers = [await identity(town, secrets), await other(town, secrets)]
    reviewer = await desk(town, secrets)
    await returned(town, reviewer, secrets, numbers[1])
    for number in numbers:
        await decide(reviewer, number, "claim")
        await decide(reviewer, number, "approve")
    while await town.parts.worker().run_due():
        pass
    states = [(await town.parts.caseload.find(number=number)).case.state for number in numbers]
    assert states == ["done", "done"]
    await failure(town, numbers[0])
    await last_words(town, secrets)
    postgresql = town.parts.site.database.startswith("postgresql")
    places = {f"{path.relative_to(tmp_path)}": path.read_bytes() for path in written(tmp_path)}
    places |= {"log": log.getvalue().encode()}
    if postgresql:
        places |= await rows(town.parts.site.database)
    public = b"".join(path.read_bytes() for path in (bundled() / "definitions").rglob("*.*"))
    assert [hit for place, content in places.items() for hit in secrets.found(place, content, public)] == []
    assert searched(places, postgresql)
    assert not secrets_in_plain_sight(town, secrets)


async def identity(town: Town, secrets: Secrets) -> str:
    """样本甲 changes the validity of the ID card, with photos, after some mistakes."""
    phone = await logged_in(town, secrets, JIA, "410105199508130038")
    await phone.post(edit="identity", _go=None)
    content = {"id_front.file": photo(700, 500), "id_back.file": photo(710, 510)}
    await phone.post(_go="next", certificate_safety="true", files=content)
    assert phone.step == "id_validity", phone.text
    await phone.post(id_validity__from=TYPED["another date"], id_validity__to=TYPED["a date"], _go="next")
    assert phone.status == 422
    await phone.post(id_validity__from=TYPED["a date"], id_validity__to=TYPED["another date"], _go="next")
    number = await signed(phone)
    case = await town.parts.store.case(number=number)
    for row in await town.parts.store.files_of(case.id):
        _, kept = await town.parts.store.file(case.id, row.id)
        secrets.pictures[f"a photo ({row.slot})"] = kept[700:760]
    secrets.pictures["an upload"] = content["id_front.file"][700:760]
    return number


async def other(town: Town, secrets: Secrets) -> str:
    """样本丙 begins with the phone, leaves drafts and wrong answers behind, gives up, and changes other data."""
    phone = await logged_in(town, secrets, BING)
    await phone.post(edit="phone", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    assert phone.step == "contact_phone", phone.text
    await phone.post(contact_phone=TYPED["a wrong mobile"], _go="next")
    await phone.post(contact_phone=TYPED["a mobile"], _code="sms_code")
    secrets.codes.add(await town.code())
    await phone.post(contact_phone=TYPED["a mobile"], sms_code="000111", _code=None, _go="next")
    await phone.post(contact_phone=TYPED["a landline of a draft"], _go="back")
    number = phone.number
    await phone.get(f"/8001/cases/{number}/abandon")
    await phone.post()
    await phone.get("/8001/business/basic_info_change")
    await phone.post("/8001/start/basic_info_change")
    await phone.post(edit="other", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    assert phone.step == "other_info", phone.text
    await phone.post(employer=TYPED["an unfinished answer"], _go="close")
    await phone.get("/8001/my")
    await phone.get(re.findall(r'href="(/8001/cases/[0-9-]+)"', phone.page)[0])
    typed = {
        "contact_address": TYPED["a street"],
        "employer": TYPED["an employer"],
        "contact_province": "410000",
        "contact_city": "410100",
    }
    await phone.post(
        **typed, email=TYPED["a wrong e-mail"], postal_code=TYPED["a postal code"], employer_type="joint_stock", _go="next"
    )
    assert phone.status == 422
    await phone.post(email=TYPED["an e-mail"], _go="next")
    assert phone.step == "agreements", phone.text
    return await signed(phone)


async def logged_in(town: Town, secrets: Secrets, id_number: str, mistyped: str = "") -> Phone:
    phone = await town.phone().get("/8001/business/basic_info_change")
    secrets.values[f"the visitor's token of {id_number[-4:]}"] = token(phone)
    if mistyped:
        await phone.post(id_number=mistyped, account_type="futures")
    await phone.log_in(id_number)
    assert phone.step == "overview", phone.text
    secrets.codes.add(await town.code())
    secrets.values[f"the client's token of {id_number[-4:]}"] = token(phone)
    return phone


async def signed(phone: Phone) -> str:
    await phone.read_all()
    await phone.post(agree="true", _go="next")
    assert phone.step == "", phone.text
    return phone.number


async def desk(town: Town, secrets: Secrets) -> Phone:
    """A reviewer signs in, after a slip."""
    accounts = await make_demo_staff(town.parts.staff, ["8001"])
    account = next(one for one in accounts if one.login == "reviewer1")
    secrets.values |= {"the desk's password": DEMO_PASSWORD, "the secret of the authenticator": account.totp_secret}
    phone = await town.phone().get("/desk")
    await phone.post("/desk", company="8001", login=TYPED["a try at the desk"], password=DEMO_PASSWORD, code="111222")
    code = totp_now(account.totp_secret, town.clock())
    await phone.post("/desk", company="8001", login="reviewer1", password=DEMO_PASSWORD, code=code)
    assert phone.at == "/desk/queue", phone.text
    secrets.values["the desk's token"] = token(phone, "banli_desk")
    await phone.get(f"/desk/queue?number={TYPED['a query']}")
    return phone


async def returned(town: Town, reviewer: Phone, secrets: Secrets, number: str) -> None:
    """With a remark that names somebody; the client sends it in again."""
    await decide(reviewer, number, "claim")
    await decide(reviewer, number, "return", reason="address_wrong", remark=TYPED["a remark"])
    town.clock.forward(minutes=2)
    phone = await town.phone().log_in(BING)
    secrets.codes.add(await town.code())
    await phone.get(f"/8001/cases/{number}")
    assert TYPED["a remark"] in phone.text
    await phone.post(_go="next", _confirm="nothing_corrected")
    assert phone.step == "", phone.text


async def decide(reviewer: Phone, number: str, action: str, **more: str) -> None:
    at = f"/desk/cases/{number}"
    await reviewer.get(at)
    csrf, seen = (re.search(rf'name="{name}"[^>]*value="([^"]+)"', reviewer.page) for name in ("_csrf", "seen"))
    assert csrf is not None, reviewer.text
    await reviewer.post(f"{at}/{action}", _csrf=csrf[1], seen=seen[1] if seen is not None else "", **more)
    assert reviewer.status == 200, reviewer.text


async def failure(town: Town, number: str) -> None:
    """A failure of ours while personal data is in hand: it gets into the log as a place, not as a value."""
    held = await town.parts.caseload.find(number=number)
    files = await town.parts.store.files_of(held.case.id)
    for path in (town.parts.site.var / "blobs").rglob(files[0].id):
        path.rename(path.with_suffix(".away"))
    town.clock.forward(minutes=2)
    phone = await town.phone().log_in(JIA)
    answer = await phone.client.get(f"/8001/cases/{number}/files/{files[0].id}?q={TYPED['a mobile']}")
    assert answer.status_code == 500


async def last_words(town: Town, secrets: Secrets) -> None:
    """Addresses that hold something typed, by somebody who got lost."""
    phone = town.phone()
    for path in (
        f"/{TYPED['a mobile']}",
        f"/?company={TYPED['a query']}",
        f"/8001/cases/{JIA}",
        f"/8001?said={quote(TYPED['a street'])}",
    ):
        await phone.client.get(path, headers={"Referer": f"http://localhost/{JIA}", "User-Agent": TYPED["an e-mail"]})


def token(phone: Phone, name: str = "banli") -> str:
    return str(next(one.value for one in phone.client.cookie_jar if one.name == name))


def written(folder: Path) -> list[Path]:
    """All files of the application but those of the plugins' own systems."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and folder / "var" / "plugins" not in path.parents)


async def rows(url: str) -> dict[str, bytes]:
    """Every row of every table, as it is and as text."""
    connection = await asyncpg.connect(url)
    try:
        tables = [
            one["tablename"] for one in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        found = {}
        for table in tables:
            values = [value for row in await connection.fetch(f'SELECT * FROM "{table}"') for value in row.values()]
            found[table] = b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)
        return found
    finally:
        await connection.close()


def searched(places: dict[str, bytes], postgresql: bool) -> bool:
    """Was there anything to search? Blobs, the log of all those requests, and the tables with rows in them."""
    blobs = [place for place in places if place.startswith("var/blobs/")]
    named = {"log", "var/keys.json"} | ({"cases", "events", "files", "sessions"} if postgresql else {"banli.db"})
    return (
        len(blobs) >= 6 and named <= set(places) and all(len(places[name]) > 100 for name in named) and b"broken" in places["log"]
    )


def secrets_in_plain_sight(town: Town, secrets: Secrets) -> set[str]:
    """The search itself works: in the simulated core system, which is not sealed, it finds the clients."""
    content = b"".join(path.read_bytes() for path in (town.parts.site.var / "plugins").rglob("*.db*"))
    names = {what for what in secrets.values if what.startswith(("name 0", "id_number 0", "contact_mobile 0"))}
    hits = list(secrets.found("core", content))
    return {what for what in names if f"core: {what} (UTF-8)" not in hits and f"core: {what} (escaped)" not in hits}
