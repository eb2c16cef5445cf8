"""A client without a certificate installs one on the phone and goes on (R-139 to R-150)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from house import Served
from on_phone import Client, Phone
from people import BING, JIA
from playwright.sync_api import expect

from signing_kit import files
from site_kit import changed


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The example site with certificates switched on, for companies that the example lets do without."""
    folder = tmp_path_factory.mktemp("certified")
    made = Served(folder, site=changed(folder / "site", **files()))
    yield made
    made.close()


def to_certificate(phone: Phone, client: Client) -> str:
    number = phone.at(client, "phone", "contact_phone")
    phone.goes_to("contact_phone")
    phone.type("联系电话", "0371-65951299")
    phone.next()
    phone.goes_to("certificate")
    return number


def test_a_key_is_made_and_certified_on_the_phone(phone: Phone, house: Served) -> None:
    """R-141 to R-145, R-148, R-150"""
    to_certificate(phone, JIA)
    phone.title("安装数字证书")
    phone.sees("数字证书是唯一识别您本人的凭证")
    phone.shot("password")
    assert phone.too_wide() == [] and phone.flaws() == {}
    phone.tap("申请并安装")
    phone.sees("密码为6至8位数字")
    phone.type("证书密码", "123456")
    phone.type("再次输入证书密码", "123456")
    phone.tap("申请并安装")
    phone.sees("密码过于简单")
    phone.type("证书密码", "246810")
    phone.type("再次输入证书密码", "246811")
    phone.tap("申请并安装")
    phone.sees("两次输入的密码不一致")
    phone.shot("differ")
    phone.type("再次输入证书密码", "246810")
    phone.tap("申请并安装")
    phone.sees("数字证书已经安装成功！")
    phone.shot("installed")
    assert phone.flaws() == {}
    phone.next()
    phone.goes_to("agreements")
    assert "246810" not in repr(phone.page.evaluate("() => JSON.stringify([localStorage, sessionStorage])"))
    phone.at(JIA, "phone", "contact_phone")
    phone.type("联系电话", "0371-65951288")
    phone.next()
    phone.goes_to("agreements")


def test_a_bad_network_costs_a_second_press_and_nothing_else(phone: Phone) -> None:
    """R-149"""
    to_certificate(phone, BING)
    phone.type("证书密码", "97531864")
    phone.type("再次输入证书密码", "97531864")
    phone.console.expected = ["ERR_FAILED"]
    broken = {"left": 3}

    def cut(route: Any) -> None:
        broken["left"] -= 1
        route.abort() if broken["left"] >= 0 else route.continue_()

    phone.page.route("**/call/enrol", cut)
    phone.tap("申请并安装")
    phone.sees("数字证书安装失败")
    phone.shot("failed")
    phone.tap("重新安装")
    expect(phone.field("证书密码")).to_have_value("97531864")
    phone.tap("申请并安装")
    phone.sees("数字证书已经安装成功！")
    phone.next()
    phone.goes_to("agreements")
