"""How often somebody may come, draw and upload, and how it is known where they come from."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

from werkzeug.datastructures import Headers

from app_fixtures import BUSINESS, Town, app_template, town
from banli.sites import Site, bundled
from banli.web.guard import Guard
from wire_kit import cookie, post

__all__ = ["app_template", "town"]


def test_limits_count_by_the_address_that_a_trusted_proxy_saw_and_by_the_network_of_ipv6() -> None:
    site = Site(bundled(), bundled(), "", "")

    def address(told: str, named: str = "", proxies: int = 0) -> str:
        request = SimpleNamespace(remote_addr=told, headers=Headers({"X-Forwarded-For": named} if named else {}))
        return Guard(replace(site, trusted_proxies=proxies)).address(request)

    assert [
        address("192.0.2.1"),
        address("192.0.2.1", "203.0.113.9"),
        address("192.0.2.1", "6.6.6.6, 203.0.113.9", 1),
        address("192.0.2.1", "6.6.6.6, 203.0.113.9, 198.51.100.1", 2),
        address("192.0.2.1", "", 1),
        address("192.0.2.1", "203.0.113.9", 2),
        address("2001:db8:1:2:3:4:5:6"),
        address("2001:db8:1:2:ffff::1"),
        address("::ffff:192.0.2.1"),
        address("fe80::1%eth0"),
        address("", "x" * 500, 1),
    ] == [
        "192.0.2.1", "192.0.2.1", "203.0.113.9", "203.0.113.9", "192.0.2.1", "192.0.2.1", "2001:db8:1:2::/64", "2001:db8:1:2::/64",
        "192.0.2.1", "fe80::/64", "x" * 80,
    ]  # fmt: skip


async def test_too_many_visits_from_one_address_get_a_calm_page(town: Town) -> None:
    for _ in range(600):
        assert not await town.parts.clients.crowded("127.0.0.1")
        assert not await town.parts.clients.crowded("<local>")
    phone = await town.phone().get(BUSINESS)
    assert (phone.status, cookie(phone)) == (429, None)
    assert "请" in phone.text
    town.clock.forward(minutes=11)
    assert (await town.phone().get(BUSINESS)).status == 200


async def test_captcha_pictures_have_a_limit_for_each_visit(town: Town) -> None:
    phone = await town.phone().get(BUSINESS)
    codes = [(await phone.client.get("/8001/captcha.png")).status_code for _ in range(61)]
    assert codes == [200] * 60 + [429]
    assert (await (await town.phone().get(BUSINESS)).client.get("/8001/captcha.png")).status_code == 200


async def test_bad_uploads_have_a_limit_for_each_client(town: Town) -> None:
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    codes = []
    for _ in range(61):
        body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n%PDF-1.7\r\n--b--\r\n'
        answer = await post(
            phone,
            f"{phone.at}/photo/signature",
            body,
            Content_Type="multipart/form-data; boundary=b",
            X_CSRF_Token=phone.fields["_csrf"][0],
        )
        codes.append((await answer.get_json())["code"])
    assert codes == ["file_type"] * 60 + ["slow_down"]
