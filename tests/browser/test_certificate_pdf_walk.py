"""Agreements signed as PDFs in a real browser: drawn while the client reads, signed by the phone's key, sealed afterwards."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import Served
from on_phone import Phone
from people import JIA

from pdf_kit import LISTED, pdf_files, pdfsig
from site_kit import changed

PASSWORD = "246810"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The example site whose agreements are signed as PDFs, with a worker that draws and seals."""
    folder = tmp_path_factory.mktemp("papers")
    made = Served(folder, site=changed(folder / "site", **pdf_files("client.signature")))
    yield made
    made.close()


def test_the_phone_signs_inside_the_pdfs_that_were_drawn_meanwhile(phone: Phone, tmp_path: Path) -> None:
    """R-111 to R-113: what the phone's script signs is what poppler finds valid, in the file that carries the handwriting."""
    number = phone.at(JIA, "phone", "contact_phone")
    phone.type("联系电话", "0371-65951288")
    phone.next()
    phone.goes_to("certificate")
    phone.type("证书密码", PASSWORD)
    phone.type("再次输入证书密码", PASSWORD)
    phone.tap("申请并安装")
    phone.sees("数字证书已经安装成功！")
    phone.next()
    phone.goes_to("agreements")
    phone.house.ask("read", number=number)
    phone.page.reload()
    phone.agree("我已阅读并同意以上所有协议和业务规则内容")
    phone.tap("签署协议")
    phone.page.locator("dialog[open] #f-certificate").fill(PASSWORD)
    assert phone.flaws() == {}
    phone.shot("password")
    phone.page.keyboard.press("Enter")
    phone.sees("正在等待复核")
    phone.house.until(lambda: all(one["sealed"] for one in phone.house.ask("papers", number=number)), seconds=60)
    papers = phone.house.ask("papers", number=number)
    assert sorted(one["row"] for one in papers) == sorted(LISTED)
    for one in papers:
        told = pdfsig(b64decode(one["content"]), tmp_path)
        assert (told["Client"], told["Company"]) == ("Signature is Valid.", "Signature is Valid."), told
