"""A client without scripts walks the whole business: every page works by plain forms."""

from __future__ import annotations

import re

from app_fixtures import BING, BUSINESS, JIA, Town, app_template, photo, town
from banli.engine import commands

__all__ = ["app_template", "town"]


async def test_a_client_changes_the_phone_from_company_number_to_submitted(town: Town) -> None:
    """R-010 to R-015, R-039, R-043, R-057, R-068, R-085, R-090, R-107, R-112, R-114, R-117"""
    phone = await town.phone().get("/?company=8001")
    assert phone.at == "/8001"
    assert "我的基本资料" in phone.text
    await phone.log_in()
    assert phone.step == "overview"
    await phone.post(edit="phone", _go=None)
    assert phone.step == "photos"
    assert phone.page.count('class="shot"') == 3
    await phone.post(certificate_safety="true", _go="next")
    assert phone.step == "contact_phone"
    await phone.post(contact_phone="13812345678", _code="sms_code")
    assert "验证码已发送至138****5678。" in phone.text
    await phone.post(sms_code=await town.code(), _go="next", _code=None)
    assert phone.step == "agreements"
    await phone.read_all()
    assert "已读" in phone.text
    await phone.post(agree="true", _go="next")
    assert phone.step == ""
    assert "尊敬的样本甲先生，您的我的基本资料业务已成功提交，正在等待复核，你可在我的业务中查看结果" in phone.text
    await phone.get("/8001/my")
    assert "等待复核" in phone.text


async def test_nothing_typed_is_lost_on_the_way_back(town: Town) -> None:
    """R-006, R-008, R-122, R-127, R-128: `<`, 关闭 and 我的业务 keep what stands on the page."""
    phone = await town.phone().log_in()
    await phone.post(edit="other", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    await phone.post(contact_address="河南省郑州市东风路9号", _go="back")
    assert phone.step == "photos"
    await phone.post(certificate_safety="true", _go="next")
    assert phone.fields["contact_address"] == ["河南省郑州市东风路9号"]
    await phone.post(postal_code="45", _go="close")
    assert phone.at == "/8001"
    await phone.get("/8001/my")
    await phone.get(next(iter(re.findall(r'href="(/8001/cases/[^"/]+)"', phone.page))))
    assert (phone.step, phone.fields["postal_code"]) == ("other_info", ["45"])
    await phone.post(_go="mine")
    assert phone.at == "/8001/my"


async def test_new_photos_are_asked_for_when_the_validity_changes_and_uploaded_with_the_form(town: Town) -> None:
    """R-059, R-060, R-061, R-063, R-066, R-067, R-072"""
    phone = await town.phone().log_in(BING)
    await phone.post(edit="identity", _go=None)
    assert phone.page.count('class="shot"') == 1
    assert "拍照规范" in phone.text
    await phone.post(_go="next")
    assert phone.status == 422
    assert [
        s for s in ("请上传身份证正面照片", "请上传身份证反面照片", "请阅读并同意《数字证书安全责任书》") if s in phone.text
    ]
    await phone.post(_go="refresh", files={"id_front.file": photo()})
    assert phone.page.count('class="shot"') == 2
    await phone.post(_go="next", certificate_safety="true", files={"id_back.file": photo()})
    assert phone.step == "id_validity"
    file = phone.at.replace("id_validity", "photos")
    await phone.get(file)
    shot = re.findall(r'<img class="shot" src="([^"]+)"', phone.page)[0]
    answer = await phone.client.get(shot)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
    stranger = town.phone()
    await stranger.log_in(JIA)
    assert (await stranger.client.get(shot)).status_code == 404


async def test_a_page_that_is_loaded_anew_after_a_mistake_loses_no_photo(town: Town) -> None:
    """R-066: the browser posts the old page again, in which a photo was missing or another one stood."""
    phone = await town.phone().log_in(BING)
    await phone.post(edit="identity", _go=None)
    missing = phone.fields["id_front"]
    taken = []
    for _ in range(2):
        await phone.post(_go="refresh", files={"id_front.file": photo()})
        taken.append(phone.fields["id_front"])
    assert missing == [""] != taken[0] != taken[1]
    for stale in (missing, taken[0]):
        await phone.post(id_front=stale, _go="next")
        assert (phone.status, phone.fields["id_front"]) == (422, taken[1])
        await phone.post(id_front=stale, _go="refresh")
        assert phone.fields["id_front"] == taken[1]


async def test_a_picture_that_is_none_is_refused_in_a_calm_sentence(town: Town) -> None:
    """R-072"""
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    await phone.post(_go="next", files={"id_front.file": b"GIF89a not a photo"})
    assert phone.status == 422
    assert "请选择JPEG、PNG或WebP格式的图片。" in phone.text


async def test_a_warning_is_confirmed_with_a_tick(town: Town) -> None:
    phone = await town.phone().log_in(BING)
    await phone.post(edit="identity", _go=None)
    await phone.post(_go="next", certificate_safety="true", files={"id_front.file": photo(), "id_back.file": photo()})
    await phone.post(id_validity__from="2024-01-01", id_validity__to="2031-01-01", _go="next")
    assert phone.status == 422
    assert "身份证有效期通常为5年、10年、20年或长期" in phone.text
    ticks = re.findall(r'name="_confirm" value="([^"]+)"', phone.page)
    await phone.post(_confirm=ticks, _go="next")
    assert phone.step == "agreements"


async def test_the_city_follows_the_province_without_a_script(town: Town) -> None:
    """R-094"""
    phone = await town.phone().log_in()
    await phone.post(edit="other", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    assert phone.fields["contact_city"] == ["410100"]
    await phone.post(contact_province="440000", _go="refresh")
    assert "contact_city" not in phone.fields or phone.fields["contact_city"] == [""]
    assert "广州市" in phone.page
    assert "郑州市</option>" not in phone.page


async def test_a_returned_client_finds_the_wrong_page_with_the_reason(town: Town) -> None:
    """R-122, R-125, C-30"""
    phone = await town.phone().log_in()
    await phone.post(edit="phone", _go=None)
    await phone.post(certificate_safety="true", _go="next")
    await phone.post(contact_phone="021-63212345", _go="next")
    await (await phone.read_all()).post(agree="true", _go="next")
    number = phone.number
    await town.decide(number, lambda seen: commands.Return(
        actor="staff:r1", seen=seen, reasons=("phone_wrong", "agreements_again"), remark="请填写常用电话"))  # fmt: skip
    await phone.get("/8001/my")
    for words in ("复核任务未通过", "联系电话有误，无法接通", "协议需要重新签署", "请填写常用电话"):
        assert words in phone.text
    await phone.get(f"/8001/cases/{number}")
    assert phone.step == "contact_phone"
    assert "联系电话有误，无法接通" in phone.text and "协议需要重新签署" not in phone.text
    assert 'data-at="contact_phone"' in phone.page
    assert re.search(r'name="contact_phone"[^>]*aria-invalid="true"', phone.page)
    await phone.post(contact_phone="021-63212346", _go="next")
    assert phone.step == "agreements"
    assert "联系电话有误，无法接通" not in phone.text, "it is mended, and stood on another page"
    assert "协议需要重新签署" in phone.text and "请填写常用电话" in phone.text
    assert re.search("第.步，共.步：签署协议", phone.text)


async def test_another_business_is_only_begun_when_the_open_one_has_ended(town: Town) -> None:
    """R-118, R-119, R-121, R-123"""
    phone = await town.phone().log_in()
    number = phone.number
    await (await phone.get(BUSINESS)).post("/8001/start/basic_info_change")
    assert phone.at == "/8001/my"
    assert "您有待完成业务，无法进行其他业务操作。" in phone.text
    await phone.get(f"/8001/cases/{number}/abandon")
    assert "确定放弃吗？" in phone.text
    await phone.post()
    assert phone.at == "/8001/my"
    assert "已放弃" in phone.text
    await (await phone.get(BUSINESS)).post("/8001/start/basic_info_change")
    assert phone.step == "overview"
    assert phone.number != number


async def test_a_page_from_before_has_no_second_effect(town: Town) -> None:
    """R-009: the browser's own back shows an old page; sending it leads to the present one."""
    phone = await town.phone().log_in()
    old = (phone.at, dict(phone.fields))
    await phone.post(edit="phone", _go=None)
    phone.at, phone.fields = old
    await phone.post(edit="other", _go=None)
    assert phone.step == "photos"
    assert "此业务已有新的进展" in phone.text
    await phone.get(f"/8001/cases/{phone.number}/agreements")
    assert phone.step == "photos"
