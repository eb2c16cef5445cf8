"""A client with a phone: finds things by what is written on them, taps, types."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

from house import Served
from looking import Console, flaws, give_cookie, shoot, too_wide
from playwright.sync_api import BrowserContext, Error, Locator, Page, expect

TITLE = "我的基本资料"
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "screen": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
    "color_scheme": "light",
}


@dataclass(frozen=True)
class Client:
    """A sample client of the core system."""

    company: str
    ref: str
    id_number: str
    mobile: str
    account: str = "期货账户"


class Phone:
    """`page` is the page in the hand; every method acts on it."""

    def __init__(self, context: BrowserContext, house: Served, journey: str) -> None:
        self.context, self.house, self.journey = context, house, journey
        self.page: Page = context.new_page()
        self._step = 0

    @property
    def console(self) -> Console:
        return self.context.console_heard  # type: ignore[attr-defined,no-any-return]

    # to get there

    def open(self, path: str) -> None:
        self.page.goto(self.house.url + path)

    def remembered(self, client: Client) -> None:
        """This phone is logged in already."""
        token = self.house.ask("enter", company=client.company, id_number=client.id_number)
        give_cookie(self.context, "banli", token, f"/{client.company}")

    def at(self, client: Client, section: str, step: str) -> str:
        """A new case of this client that has come as far as `step`; the number of the case."""
        self.house.ask("fresh", company=client.company, id_number=client.id_number)
        number = self.house.ask("walk", company=client.company, id_number=client.id_number, section=section, to=step)
        self.remembered(client)
        self.open(f"/{client.company}/cases/{number}")
        return str(number)

    @property
    def step(self) -> str:
        """The step that the address names."""
        found = re.search(r"/cases/[^/?]+/([^/?]+)", self.page.url)
        return found[1] if found else ""

    # to look

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def sees(self, text: str) -> None:
        expect(self.main.get_by_text(text).filter(visible=True).first).to_be_visible()

    def misses(self, text: str) -> None:
        expect(self.main.get_by_text(text).filter(visible=True)).to_have_count(0)

    def title(self, text: str) -> None:
        """What stands in the bar at the top."""
        expect(self.page.locator("header .title")).to_have_text(text)

    def errors(self) -> Locator:
        """The sentences at the fields, in the order of the page. To be waited for: a page that was just sent may not be here."""
        return self.page.locator("p.error, span.error").filter(has_text=re.compile(r"\S"))

    def shot(self, step: str) -> None:
        self._step += 1
        shoot(self.page, self.journey, f"{self._step:02}-{step}")

    def too_wide(self) -> list[str]:
        return too_wide(self.page)

    def flaws(self) -> dict[str, Any]:
        return flaws(self.page, finger=True)

    # to act

    def field(self, label: str) -> Locator:
        """The one question with exactly this label, a star before it or not."""
        return self.main.get_by_label(re.compile(rf"^\s*\*?\s*{re.escape(label)}\s*$")).filter(visible=True)

    def type(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def value(self, label: str) -> str:
        return self.field(label).input_value()

    def choose(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def options(self, label: str) -> list[str]:
        """What can be chosen, without the words that ask to choose."""
        offers = self.field(label).locator("option")
        return [str(text).strip() for text in offers.evaluate_all("all => all.filter(o => o.value).map(o => o.text)")]

    def group(self, legend: str) -> Locator:
        """A question with several things to tick."""
        return self.main.locator("fieldset").filter(has=self.page.locator("legend", has_text=legend))

    def tick(self, legend: str, option: str, on: bool = True) -> None:
        self.group(legend).get_by_label(option, exact=True).set_checked(on)

    def ticked(self, legend: str) -> list[str]:
        found = self.group(legend).locator("label:has(input:checked)").all_inner_texts()
        return [text.strip() for text in found]

    def first_unticked(self, legend: str) -> str:
        return str(self.group(legend).locator("label:not(:has(input:checked))").first.inner_text()).strip()

    def agree(self, words: str) -> None:
        """Ticks a consent, on its box: within its words there may be a link."""
        self.main.locator("label", has_text=words).locator("input").check()

    def tap(self, name: str) -> None:
        """A button or a link with exactly these words; in a dialog when one is open. Once the page is there, with its scripts."""
        self.page.wait_for_load_state("domcontentloaded")
        self._find(name).click()

    def tap_tile(self, title: str) -> None:
        """A business on the menu."""
        self.main.locator("a", has_text=title).first.click()

    def tap_if_there(self, name: str) -> None:
        """The page must be here already."""
        self.page.wait_for_load_state("domcontentloaded")
        if self._find(name).count():
            self.tap(name)

    def next(self) -> None:
        self.tap("下一步")

    def back(self) -> None:
        """The `<` at the top left."""
        self.page.locator("header .back").click()

    def goes_to(self, step: str) -> None:
        """The whole page is here: what stands on it can be counted and read."""
        expect(self.page).to_have_url(re.compile(rf"/cases/[^/]+/{step}([?#]|$)"))
        self.page.wait_for_load_state("domcontentloaded")

    def photograph(self, slot: str, picture: bytes | None = None) -> None:
        """Takes a photo with the camera for the slot with this title, and waits until it has arrived."""
        self.give_photo(slot, picture)
        expect(self.slot(slot).locator("img.shot")).to_be_visible()

    def slot(self, title: str) -> Locator:
        return self.main.get_by_role("group", name=re.compile(rf"^\s*{re.escape(title)}"))

    def give_photo(self, slot: str, picture: bytes | None = None) -> None:
        self.slot(slot).locator("input[type=file]").first.set_input_files(
            {"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": picture or jpeg()}
        )

    def validity(self, first: str, last: str) -> None:
        """The two dates of an ID card."""
        dates = self.group("身份证有效期").locator("input:not([type=checkbox])")
        dates.nth(0).fill(first)
        dates.nth(1).fill(last)

    def number(self) -> str:
        """The number of the case that the page is about."""
        found = re.search(r"/cases/([^/?#]+)", self.page.url)
        assert found, self.page.url
        return found[1]

    def mine(self, tab: str) -> None:
        """我的业务, with the list `tab`."""
        if not self.page.url.partition("?")[0].endswith("/my"):
            self.tap("我的业务")
        self.tap(tab)

    def again(self) -> None:
        """The page, loaded anew; one that waits for a decision may be doing so by itself at this very moment."""
        try:
            self.page.reload()
        except Error:
            self.page.wait_for_load_state()
            self.page.reload()

    def read_to_end(self) -> None:
        """Whoever has gone on before the scripts came is told to read once more."""
        self.page.wait_for_load_state("domcontentloaded")
        self.page.keyboard.press("End")

    def sign(self, *, read: bool = False) -> None:
        """Opens every agreement of the list (unless all were `read` before), reads to the end, and agrees to all."""
        self.goes_to("agreements")
        papers = self.main.locator(".papers a")
        if read:
            self.house.ask("read", number=self.number())
            self.page.reload()
        if not read:
            count = papers.count()
            papers.first.click()
            for place in range(1, count + 1):
                self.sees(f"第 {place} 份，共 {count} 份")
                self.read_to_end()
                self.tap("我已阅读，下一份" if place < count else "我已阅读")
            self.goes_to("agreements")
        self.agree("我已阅读并同意以上所有协议和业务规则内容")
        self.tap("签署协议")

    def log_in(self, client: Client, button: str = "马上登录") -> None:
        """Everything that the login page asks for, the code from the message."""
        self.type("身份证号", client.id_number)
        self.choose("账户类型", client.account)
        self.page.wait_for_function("() => document.querySelector('[data-captcha] img')?.naturalWidth")
        self.type("图形验证码", self.house.ask("captcha"))
        self.tap("短信验证码")
        self.sees("****")
        self.type("短信验证码", self.house.ask("sms", phone=client.mobile))
        self.agree("我已阅读并同意《隐私政策》")
        self.tap(button)

    def _find(self, name: str) -> Locator:
        place = self.page.locator("dialog[open], body:not(:has(dialog[open]))")
        found = place.get_by_role("button", name=name, exact=True).or_(place.get_by_role("link", name=name, exact=True))
        return found.filter(visible=True).first


def jpeg(colour: str = "steelblue", size: tuple[int, int] = (1280, 810), *, noise: bool = False) -> bytes:
    """A picture as a camera makes it; with `noise` a large one."""
    from PIL import Image

    picture = Image.effect_noise(size, 120).convert("RGB") if noise else Image.new("RGB", size, colour)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=92)
    return out.getvalue()
