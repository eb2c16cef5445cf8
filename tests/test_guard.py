"""What every request passes: forgery, odd addresses, huge and broken bodies, borrowed cookies; and the headers of answers."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from app_fixtures import BING, BUSINESS, Phone, Town, app_template, photo, town
from banli.app import UPLOAD
from banli.sites import Site, bundled
from banli.staff import DEMO_PASSWORD, make_demo_staff, totp_now
from banli.store import Busy
from banli.store.sql import Do, Sql
from banli.store.survey import survey
from banli.web.guard import DESK, HEADERS, Guard
from wire_kit import FORM, cookie, post

__all__ = ["app_template", "town"]

EVERYWHERE = {name.lower() for name in HEADERS} | {"x-request-id"}


async def at_desk(town: Town, login: str = "reviewer1", company: str = "8001") -> Phone:
    """Somebody signed in at the desk."""
    await make_demo_staff(town.parts.staff, [company])
    row = await town.parts.store.staff_by_login(company, login)
    phone = await town.phone().get("/desk")
    await phone.post("/desk", company=company, login=login, password=DEMO_PASSWORD, code=totp_now(row.totp_secret, town.clock()))
    assert phone.at == "/desk/queue", phone.text
    return phone


def paths(town: Town, method: str, number: str) -> dict[str, str]:
    """By route an address of it that leads somewhere."""
    values = {
        "company": "8001", "business": "basic_info_change", "number": number, "step": "overview", "field": "signature",
        "file": "0" * 32, "name": "privacy_policy", "row": "brokerage_contract", "action": "claim", "names": "page",
        "theme": "plain", "path": "x", "id": "0" * 32, "digest": "0" * 64, "sort": "signed", "upload": "u" * 22,
        "part": "0", "at": "0", "token": "t" * 43,
    }  # fmt: skip
    found = {}
    for rule in town.app.url_map.iter_rules():
        if method in (rule.methods or ()):
            plugin = {"name": "banli_otp"} if rule.rule.startswith("/plugins") else {}
            desk = {"file": "desk"} if rule.rule.startswith("/static") else {}
            found[rule.rule] = re.sub(r"<(?:\w+:)?(\w+)>", lambda m, own={**values, **plugin, **desk}: own[m[1]], rule.rule)
    return found


# forgery


async def test_no_post_without_the_forgery_token_has_an_effect_on_any_route(town: Town) -> None:
    """Without one, with one of somebody else's, and with one that was made up: for every route there is."""
    client, desk = await town.phone().log_in(), await at_desk(town)
    other = await town.phone().log_in(BING)
    number = client.number
    before = await town.parts.store.case(number=number)
    tokens = {"none": "", "another's": other.fields["_csrf"][0], "made up": "0" * 48, "odd": "é" * 48, "long": "0" * 10_000}
    answers: dict[str, set[int]] = {}
    for rule, path in paths(town, "POST", number).items():
        phone = desk if rule.startswith("/desk") else client
        for token in tokens.values():
            answer = await post(phone, path, f"_csrf={token}&edit=phone&seen={before.revision}&_go=next".encode())
            answers.setdefault(rule, set()).add(answer.status_code)
    pages = {"/<company>/business/<business>": {422}, "/desk/leave": {303}, "/desk/cases/<number>/renew": {401},
             "/plugins/<name>/<path:path>": {404}}  # fmt: skip
    closed = {"video", "video-watch", "certificates"}  # counters at which a reviewer has no right
    pages |= {rule: {404} for rule in answers if rule.startswith("/desk/") and rule.split("/")[2] in closed}
    assert answers == {rule: pages.get(rule, {400}) for rule in answers}
    assert len(answers) >= 15
    assert await town.parts.store.case(number=number) == before
    assert await town.parts.store.tasks_of(before.id) == []
    assert (await desk.get("/desk/queue")).status == 200
    assert (await client.get("/8001/my")).at == "/8001/my"


async def test_a_post_from_another_site_is_refused_even_with_a_token(town: Town) -> None:
    phone = await town.phone().log_in()
    body = f"_csrf={phone.fields['_csrf'][0]}&edit=phone&seen={phone.fields['seen'][0]}".encode()
    assert (await post(phone, phone.at, body, Sec_Fetch_Site="cross-site")).status_code == 400
    assert (await post(phone, phone.at, body, Sec_Fetch_Site="same-origin")).status_code == 303
    link = await phone.client.get(BUSINESS, headers={"Sec-Fetch-Site": "cross-site"})
    assert link.status_code == 200


async def test_a_forged_login_page_does_not_log_anybody_out(town: Town) -> None:
    """A page elsewhere posts to the login; the browser keeps its cookie."""
    phone = await town.phone().log_in()
    answer = await post(town.phone(), BUSINESS, b"id_number=1", Sec_Fetch_Site="cross-site")
    assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (400, [])
    assert (await phone.get("/8001/my")).at == "/8001/my"


async def test_the_forgery_token_of_a_session_that_was_renewed_is_worth_nothing(town: Town) -> None:
    phone = await town.phone().get(BUSINESS)
    before = phone.fields["_csrf"][0]
    await phone.log_in()
    assert (await post(phone, phone.at, f"_csrf={before}&edit=phone&seen=1".encode())).status_code == 400


# headers and cookies


async def test_every_answer_has_the_headers_and_every_page_of_a_person_is_kept_nowhere(town: Town) -> None:
    client, desk = await town.phone().log_in(), await at_desk(town)
    number, missing, stored = client.number, {}, {}
    public = ("/static", "/<company>/theme.css", "/healthz", "/readyz", "/<company>/qr.svg")
    for rule, path in paths(town, "GET", number).items():
        phone = desk if rule.startswith("/desk") else client
        answer = await phone.client.get(path)
        missing[path] = EVERYWHERE - {name.lower() for name in answer.headers.keys()}
        assert answer.status_code < 500, path
        if not rule.startswith(public) and "choices" not in rule:
            stored[path] = answer.headers.get("Cache-Control")
    for method, path in (
        ("POST", "/8001/my"),
        ("PUT", "/8001"),
        ("DELETE", client.at),
        ("TRACE", "/"),
        ("OPTIONS", client.at),
    ):
        answer = await client.client.open(path, method=method)
        missing[f"{method} {path}"] = EVERYWHERE - {name.lower() for name in answer.headers.keys()}
        assert answer.status_code == (200 if method == "OPTIONS" else 405)
    assert missing == dict.fromkeys(missing, set())
    assert stored == dict.fromkeys(stored, "no-store")


def test_the_policy_has_no_hole() -> None:
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert {name: policy[name] for name in ("default-src", "script-src", "style-src", "frame-ancestors", "base-uri", "form-action")} == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "frame-ancestors": "'none'", "base-uri": "'none'",
        "form-action": "'self'",
    }  # fmt: skip
    assert not re.search(r"unsafe|\*|http:", HEADERS["Content-Security-Policy"])


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(town: Town) -> None:
    phone = await town.phone().log_in()
    desk = await at_desk(town)
    for one, path in ((cookie(phone), "/8001"), (cookie(desk, DESK), "/desk")):
        assert (one.path, one.expires, one.has_nonstandard_attr("HttpOnly"), one.get_nonstandard_attr("SameSite")) == (
            path, None, True, "Lax"
        )  # fmt: skip


async def test_outside_of_a_demo_cookies_travel_encrypted_only(town: Town) -> None:
    guard = Guard(replace(town.parts.site, secure_cookies=True))
    given: list[dict[str, Any]] = []
    answer = SimpleNamespace(set_cookie=lambda *a, **k: given.append(k), delete_cookie=lambda *a, **k: given.append(k))
    guard.give(answer, "banli", "t", "/8001")
    guard.take(answer, "banli", "/8001")
    assert given == [{"path": "/8001", "httponly": True, "secure": True, "samesite": "Lax"}] * 2
    assert Site(bundled(), bundled(), "", "").secure_cookies


async def test_logging_out_takes_the_cookie_and_the_session(town: Town) -> None:
    phone = await town.phone().log_in()
    token = cookie(phone).value
    await phone.post("/8001/leave")
    assert cookie(phone) is None
    assert await town.parts.clients.visit(token) is None


async def test_files_of_the_house_are_kept_for_ever_under_the_address_of_their_content_only(town: Town) -> None:
    phone = await town.phone().get(BUSINESS)
    urls = re.findall(r'(?:href|src)="((?:/static|/8001/theme)[^"]+)"', phone.page)
    kept = {url: (await phone.client.get(url)).headers["Cache-Control"] for url in urls}
    assert len(urls) >= 2
    assert kept == dict.fromkeys(urls, "public, max-age=31536000, immutable")
    other = {url: (await phone.client.get(url.partition("?")[0] + "?v=0")).headers["Cache-Control"] for url in urls}
    assert other == dict.fromkeys(urls, "no-cache")


# what goes wrong


async def test_a_failure_of_ours_shows_its_number_and_nothing_else(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """The table of cases is gone: a calm page, the number of the request, and in the log where, without any value."""
    phone = await town.phone().log_in()
    with sqlite3.connect(town.parts.site.var / "banli.db") as book:
        book.execute("ALTER TABLE cases RENAME TO gone")
    path = f"/8001/cases/{phone.number}/overview"
    answer = await phone.client.get(f"{path}?x=13812345678", headers={"Accept-Language": "zh-CN"})
    page = await answer.get_data(as_text=True)
    number = answer.headers["X-Request-Id"]
    assert (answer.status_code, answer.headers["Cache-Control"], number in page) == (500, "no-store", True)
    assert not re.search(r"Traceback|sqlite|no such table|13812345678|banli/", page)
    assert {name.lower() for name in answer.headers.keys()} >= EVERYWHERE
    with sqlite3.connect(town.parts.site.var / "banli.db") as book:
        book.execute("ALTER TABLE gone RENAME TO cases")
    assert (await phone.get(path)).status == 200


async def test_while_the_database_is_away_the_page_says_so_and_nothing_is_lost(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await town.phone().log_in()
    path = f"/8001/cases/{phone.number}/overview"

    async def away(*_: object) -> None:
        raise Busy("The database does not answer.")

    with monkeypatch.context() as outage:
        outage.setattr(town.parts.store.database, "read", away)
        answer = await phone.client.get(path, headers={"Accept-Language": "zh-CN"})
    page = await answer.get_data(as_text=True)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "服务暂时中断" in page and "请一分钟后再试" in page and answer.headers["X-Request-Id"] in page
    assert (await phone.get(path)).status == 200


async def test_on_a_full_disk_nothing_is_taken_in_halves(town: Town) -> None:
    """The database may not grow, or the folder of the photos cannot be written: the client is told to try again, and can."""
    phone = await town.phone().log_in(BING)
    await phone.post(edit="identity", _go=None)
    store, blobs = town.parts.store, town.parts.site.var / "blobs"
    aside, taken = blobs.rename(blobs.with_name("aside")), {"id_front.file": photo()}
    blobs.touch()
    await phone.post(_go="refresh", files=taken)
    assert (phone.status, "请一分钟后再试" in phone.text) == (503, True)
    blobs.unlink()
    aside.rename(blobs)
    await store.database.write(Do(Sql("PRAGMA max_page_count = 1")))
    for _ in range(200):  # what room there is in the file is used up
        await phone.get(phone.at)
        await phone.post(_go="refresh", files=taken)
        if phone.status != 200:
            break
    assert (phone.status, "请一分钟后再试" in phone.text) == (503, True)
    await store.database.write(Do(Sql("PRAGMA max_page_count = 1000000")))
    await phone.get(phone.at)
    await phone.post(_go="refresh", files=taken)
    assert (phone.status, phone.page.count('class="shot"')) == (200, 2)
    assert [looked.flaws async for looked in survey(store)] == [()]


@pytest.mark.parametrize(
    "kind",
    [
        "one byte more than a photo may have",
        "a form of a megabyte",
        "a thousand parts and one",
        "said to be a terabyte",
        "of no length",
    ],
)
async def test_what_is_too_large_gets_a_calm_page(town: Town, kind: str) -> None:
    phone = await town.phone().log_in()
    before = await town.parts.store.case(number=phone.number)
    headers: dict[str, str] = {"Accept-Language": "zh-CN"}
    body, about = b"", dict(FORM)
    if kind == "one byte more than a photo may have":
        body = b"x" * (UPLOAD + 1)
    elif kind == "a form of a megabyte":
        body = b"a=" + b"b" * 1_000_000
    elif kind == "said to be a terabyte":
        about["Content-Length"] = str(1 << 40)
    elif kind == "of no length":
        body, about = b"a=b", {**FORM, "Transfer-Encoding": "chunked"}
    else:
        body, made = _multipart(1001)
        about = dict(made)
    sent = {**headers, **({} if kind == "of no length" else {"Content-Length": str(len(body))}), **about}
    answer = await phone.client.post(phone.at, data=body, headers=sent)
    page = await answer.get_data(as_text=True)
    assert (answer.status_code, "发送的内容过大" in page or "太大" in page or "过大" in page) == (413, True)
    assert await town.parts.store.case(number=phone.number) == before
    assert (await phone.get(phone.at)).status == 200


def _multipart(parts: int) -> tuple[bytes, dict[str, str]]:
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\nx\r\n' for n in range(parts)) + "--b--\r\n"
    return body.encode(), {"Content-Type": "multipart/form-data; boundary=b"}


async def test_bodies_that_are_broken_do_no_harm(town: Town) -> None:
    """Bad UTF-8, NUL, half an escape, a hundred thousand fields, a part without an end: each gets an answer, none a failure."""
    phone = await town.phone().log_in()
    token, seen = phone.fields["_csrf"][0], phone.fields["seen"][0]
    start = f"_csrf={token}&seen={seen}&".encode()
    bodies = {
        "bad UTF-8": start + b"edit=%ff%fe", "NUL": start + b"edit=%00&%00=%00", "half an escape": start + b"edit=%&x=%4",
        "no name": start + b"=&==&&&", "many fields": start + b"&".join(b"f%d=1" % n for n in range(30_000)),
        "the same field": start + b"edit=x&" * 10_000, "a surrogate": start + b"edit=%ED%A0%80",
        "deep names": start + b".".join([b"a"] * 10_000) + b"=1", "a long name": start + b"n" * 100_000 + b"=1",
    }  # fmt: skip
    found = {what: (await post(phone, phone.at, body)).status_code for what, body in bodies.items()}
    assert found == dict.fromkeys(bodies, 422)
    broken = {
        "no boundary": ("multipart/form-data", b"x"), "no end": ("multipart/form-data; boundary=b", b"--b\r\nContent-Disp"),
        "JSON": ("application/json", b"{"), "nothing": ("", b""), "odd": ("multipart/form-data; boundary=\xff", b"--"),
        "bytes that are no text": (FORM["Content-Type"], start + b"edit=\xff\xfe"),
        "odd charset": ("application/x-www-form-urlencoded; charset=utf-7", start + b"edit=phone"),
    }  # fmt: skip
    found = {what: (await post(phone, phone.at, body, Content_Type=kind)).status_code for what, (kind, body) in broken.items()}
    assert {what: code for what, code in found.items() if code not in (400, 303, 422)} == {}
    assert (await phone.get(phone.at)).status == 200


async def test_odd_addresses_are_just_not_there(town: Town) -> None:
    """Never a failure, never another place, never a file of the machine."""
    phone = await town.phone().log_in()
    number = phone.number
    odd = [
        "/%00", "/8001%00", f"/8001/cases/{number}%00", f"/8001/cases/{number}/overview%00", "/8001/cases/%00/files/%00", "/8001?said=%00",
        "/8001/cases/%ff%fe", "/8001/cases/%ED%A0%80", "/%2e%2e/%2e%2e/etc/passwd", "/8001/..%2f..%2fkeys.json", "/static/js/../app.py",
        "/static/js/..%2f..%2fapp.py.js", "/static/js/page+page.js", "/static/js/.js", "/static/style/..%2f..%2fplain/base.css",
        "/static/style/plain/..%2ftheme.css", "/static/style/plain/%2e%2e.css", "/8001/agreements/..%2fprivacy_policy",
        f"/8001/cases/{number}/..%2f..%2f", f"/8001/cases/{number}/files/..%2f..%2fkeys.json", f"/8002/cases/{number}x",
        "/8001/business/__class__", f"/8001/cases/{number}/overview/choices/__class__",
        "/plugins/banli_otp/../../desk", "/plugins/%2e%2e/", "/%E5%8F%B7", "/" + "a" * 5000, "/8001/cases/" + "9" * 5000,
        "/8001/my/" + "../" * 50, "/DESK", "/8001\\..\\x", "/.env", "/.git/config", "/wp-login.php",
    ]  # fmt: skip
    found = {}
    for path in odd:
        answer = await phone.client.get(path)
        found[path] = (answer.status_code, answer.headers.get("Location", ""))
    allowed = {
        path: said for path, said in found.items() if said[0] != 404 and not said[1].startswith(("/8001/", "/8002/business/"))
    }
    assert allowed == {}


# whose is it


async def test_the_session_of_one_company_is_none_at_another(town: Town) -> None:
    phone = await town.phone().log_in()
    token, number = cookie(phone).value, phone.number
    thief = town.phone()
    thief.client.set_cookie("localhost", "banli", token, path="/")
    for path in ("/8002/my", f"/8002/cases/{number}", f"/8002/cases/{number}/overview", f"/8002/cases/{number}/state"):
        answer = await thief.client.get(path)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (
            303,
            "/8002/business/basic_info_change",
        )
    for path in ("/desk/queue", f"/desk/cases/{number}"):
        desk = town.phone()
        desk.client.set_cookie("localhost", DESK, token, path="/")
        assert (await desk.client.get(path)).headers["Location"].startswith("/desk?")


async def test_a_file_is_shown_to_its_own_client_and_to_the_companys_desk_only(town: Town) -> None:
    phone = await town.phone().log_in()
    case = await town.parts.store.case(number=phone.number)
    file = (await town.parts.store.files_of(case.id))[0].id
    other = await town.phone().log_in(BING)
    own = await town.parts.store.case(number=other.number)
    theirs = (await town.parts.store.files_of(own.id))[0].id
    at = "/8001/cases/{}/files/{}"
    desk8002 = await at_desk(town, company="8002")
    assert [
        (await phone.client.get(at.format(case.number, file))).status_code,
        (await phone.client.get(at.format(case.number, theirs))).status_code,
        (await other.client.get(at.format(case.number, file))).status_code,
        (await other.client.get(at.format(own.number, file))).status_code,
        (await town.phone().client.get(at.format(case.number, file))).status_code,
        (await desk8002.client.get(f"/desk/cases/{case.number}/files/{file}")).status_code,
        (await desk8002.client.get(f"/desk/cases/{case.number}")).status_code,
    ] == [200, 404, 404, 404, 303, 404, 404]
    shown = await phone.client.get(at.format(case.number, file))
    assert (shown.headers["Content-Security-Policy"], shown.headers["X-Content-Type-Options"]) == ("sandbox", "nosniff")


@pytest.mark.parametrize("seen", ["", "-1", "0", "2", "999999999", "9" * 40, "1e3", "1 ", "0x1", "１", "%00", "1&seen=2"])
async def test_a_forged_revision_has_no_effect(town: Town, seen: str) -> None:
    phone = await town.phone().log_in()
    before = await town.parts.store.case(number=phone.number)
    assert before.revision == 1
    answer = await post(phone, phone.at, f"_csrf={phone.fields['_csrf'][0]}&edit=phone&seen={seen}".encode())
    if seen == "1&seen=2":
        assert (await town.parts.store.case(number=phone.number)).revision == 2
        return
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{phone.at}?said=changed_meanwhile")
    assert await town.parts.store.case(number=phone.number) == before


async def test_no_address_leads_to_another_site(town: Town) -> None:
    await make_demo_staff(town.parts.staff, ["8001"])
    row = await town.parts.store.staff_by_login("8001", "reviewer1")
    elsewhere = ["https://evil.example", "//evil.example", "/\\evil.example", "/desk/queue@evil.example", "/desk/../../evil", "javascript:alert(1)",
                 "/desk/queue\r\nX-Evil: 1", "/desk/cases/1?x=//evil.example", "desk/queue"]  # fmt: skip
    led = set()
    for place in elsewhere:
        phone = await town.phone().get("/desk")
        code = totp_now(row.totp_secret, town.clock())
        town.clock.forward(seconds=30)
        from urllib.parse import urlencode

        form = {
            "_csrf": phone.fields["_csrf"][0],
            "company": "8001",
            "login": "reviewer1",
            "password": DEMO_PASSWORD,
            "code": code,
            "next": place,
        }
        answer = await post(phone, "/desk", urlencode(form).encode())
        led.add((answer.status_code, answer.headers.get("Location")))
    assert led == {(303, "/desk/queue")}
    phone = town.phone()
    for place in elsewhere:
        for path in ("/", "/8001", BUSINESS, "/8001/my", "/desk"):
            answer = await phone.client.get(
                path, query_string={"then": place, "next": place, "said": place, "lang": place, "company": place}
            )
            assert not re.search("evil|javascript", answer.headers.get("Location", ""))
            assert "Set-Cookie" not in answer.headers or "evil" not in answer.headers["Set-Cookie"]
            page = await answer.get_data(as_text=True)
            assert not re.search(r'(href|src|action)="(https?:|//|javascript:|/\\)', page)
