"""Publishing in a browser: proposed by one, approved by another, seen by clients at once, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from at_desk import Desk
from house import Served
from on_phone import Phone
from playwright.sync_api import expect

OLD, NEW = "个人资料变更", "我的基本资料"


@pytest.fixture
def proposed(house: Served) -> Iterator[str]:
    """The id of a release of 8002 with another title that waits for approval; the files hold again afterwards."""
    yield house.ask("propose", company="8002", login="configurer", title=NEW)
    house.ask("publish_files", company="8002")


def test_another_configurer_approves_and_clients_see_it_at_once(
    proposed: str, desks: Callable[..., Desk], phone: Phone, house: Served
) -> None:
    first, second = desks(), desks()
    first.remembered("8002", "configurer")
    first.open(f"/desk/releases/{proposed}")
    first.sees("此次发布由您提交，须由另一位配置人员审批。")
    expect(first.main.locator("form[action$='/approve']")).to_have_count(0)

    phone.open("/8002")
    phone.sees(OLD)
    second.remembered("8002", "configurer2")
    second.open("/desk/releases")
    second.sees("等待审批")
    assert second.flaws() == {}
    second.shot("list")
    second.main.locator(f"a.button[href$='{proposed}']").click()
    second.sees(NEW)
    assert second.flaws() == {}
    second.shot("release")
    second.main.get_by_label("备注").fill("已核对")
    second.main.locator("form[action$='/approve'] button").click()
    second.sees("已批准")
    phone.page.reload()
    phone.sees(NEW)

    second.main.locator(".block:has(#s-past) a.button").first.click()
    second.main.locator("details:has(form[action$='/again']) summary").click()
    form = second.main.locator("form[action$='/again']")
    form.locator("textarea").fill("标题有误")
    form.locator("button").click()
    second.sees("已用以前的版本")
    second.shot("way-back")
    phone.page.reload()
    phone.sees(OLD)


def test_the_pages_fit_a_phone_and_dark_mode(proposed: str, desks: Callable[..., Desk]) -> None:
    desk = desks(viewport={"width": 360, "height": 740}, color_scheme="dark")
    desk.remembered("8002", "configurer2")
    for path in ("/desk/releases", f"/desk/releases/{proposed}"):
        desk.open(path)
        assert desk.flaws() == {}
        desk.shot(path.rpartition("/")[2][:8])
    desk.open_decision("refuse").locator("textarea").fill("标题有误")
    desk.main.locator("form[action$='/refuse'] button").click()
    desk.sees("未获批准")
