"""The same pages where scripts do not run: an old phone, a strict browser, a bundle that did not load."""

from __future__ import annotations

from collections.abc import Callable

from house import Served
from on_phone import Phone, jpeg
from people import BING, JIA, YI
from playwright.sync_api import expect

Phones = Callable[..., Phone]


def test_a_landline_from_the_first_page_to_submitted_without_scripts(phones: Phones, house: Served) -> None:
    """The whole way of a phone change: entrance, menu, login with code, overview, photos, form, agreements, submitted."""
    house.ask("fresh", company="8001", id_number=YI.id_number)
    phone = phones(java_script_enabled=False)
    phone.open("/")
    phone.type("请输入期货公司编号", "8001")
    phone.tap("业务办理")
    phone.tap_tile("我的基本资料")
    phone.shot("login")
    phone.log_in(YI)
    phone.goes_to("overview")
    phone.tap("编辑：联系电话")
    phone.goes_to("photos")
    phone.shot("photos")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()
    phone.goes_to("contact_phone")
    phone.type("联系电话", "0371-65951299")
    phone.shot("phone")
    phone.next()
    phone.sign()
    phone.sees("尊敬的样本乙女士，您的我的基本资料业务已成功提交，正在等待复核，你可在我的业务中查看结果")
    phone.shot("submitted")
    phone.tap("我的业务")
    phone.sees("等待复核")
    phone.tap("放弃")
    phone.sees("放弃后，本次填写的内容将不再保留")
    phone.tap("放弃")
    phone.tap("已完成业务")
    phone.sees("已放弃")


def test_photos_are_sent_with_the_page_without_scripts(phones: Phones) -> None:
    """A file input in place of camera and album; what was sent stays when something else is missing."""
    phone = phones(java_script_enabled=False)
    phone.at(BING, "identity", "photos")
    rules = phone.main.locator("noscript section", has_text="修改身份证有效期，需要重新上传身份证正面和反面。")
    expect(rules).to_be_visible()
    for slot in ("身份证正面", "身份证反面"):
        phone.slot(slot).locator("noscript input[type=file], input[type=file]").last.set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
        )
    phone.next()
    expect(phone.errors()).to_have_text(["请阅读并同意《数字证书安全责任书》"])
    assert phone.slot("身份证正面").locator("img.shot").count() == 1
    phone.shot("kept")
    phone.agree("我已阅读并同意《数字证书安全责任书》")
    phone.next()
    phone.goes_to("id_validity")


def test_the_city_is_chosen_after_the_province_without_scripts(phones: Phones) -> None:
    """One button asks the server for the cities of the province."""
    phone = phones(java_script_enabled=False)
    phone.at(YI, "other", "other_info")
    phone.choose("联系地址省", "山东省")
    phone.main.locator("button[name=_go][value=refresh]").click()
    phone.goes_to("other_info")
    assert "青岛市" in phone.options("联系地址市")
    phone.choose("联系地址市", "青岛市")
    phone.type("联系地址", "山东省青岛市样本路1号")
    phone.type("邮政编码", "266000")
    phone.next()
    phone.goes_to("agreements")


def test_details_are_asked_after_the_first_send_without_scripts(phones: Phones) -> None:
    """The server asks what a condition makes necessary; nothing that was typed is lost meanwhile."""
    phone = phones(java_script_enabled=False)
    phone.at(JIA, "other", "other_info")
    phone.tick("您的账户是否存在实际控制关系：", "存在")
    phone.type("电子邮箱", "neu@example.com")
    phone.next()
    phone.goes_to("other_info")
    assert phone.value("电子邮箱") == "neu@example.com"
    phone.type("请说明相关账户和实际控制关系", "样本账户")
    phone.next()
    phone.goes_to("agreements")
