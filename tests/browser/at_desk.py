"""Somebody at the desk: signs in, takes cases, decides. Finds reasons by their words, buttons by what they do."""

from __future__ import annotations

import time
from typing import Any

from house import Served
from looking import Console, flaws, give_cookie, shoot
from playwright.sync_api import BrowserContext, Locator, Page, expect

DESK = {"viewport": {"width": 1280, "height": 900}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


class Desk:
    def __init__(self, context: BrowserContext, house: Served, journey: str) -> None:
        self.context, self.house, self.journey = context, house, journey
        self.page: Page = context.new_page()
        self._step = 0

    @property
    def console(self) -> Console:
        return self.context.console_heard  # type: ignore[attr-defined,no-any-return]

    def open(self, path: str) -> None:
        self.page.goto(self.house.url + path)

    def sign_in(self, company: str, login: str) -> None:
        """Company, name, password and the code of the authenticator; each code is good once, so half a minute passes."""
        self.house.forward(seconds=31)
        self.open("/desk")
        self.give(company, login, **self.house.ask("account", company=company, login=login))
        self.page.wait_for_url("**/desk/queue")

    def give(self, company: str, login: str, password: str, code: str) -> None:
        for name, text in (("company", company), ("login", login), ("password", password), ("code", code)):
            self.page.locator(f"#{name}").fill(text)
        self.page.locator("form:has(#password) button").click()

    def remembered(self, company: str, login: str) -> None:
        """This browser is signed in already."""
        token = self.house.ask("sign_in", company=company, login=login)
        give_cookie(self.context, "banli_desk", token, "/desk")

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def sees(self, text: str) -> None:
        expect(self.main.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sees_soon(self, text: str) -> None:
        """The page is loaded again until it says so."""
        until = time.monotonic() + 60
        while not self.main.get_by_text(text).count() and time.monotonic() < until:
            self.page.wait_for_timeout(300)
            self.page.reload()
        self.sees(text)

    def flaws(self) -> dict[str, Any]:
        return flaws(self.page, finger=False)

    def shot(self, step: str) -> None:
        self._step += 1
        shoot(self.page, self.journey, f"desk-{self._step:02}-{step}")

    def take(self, number: str) -> None:
        """From the queue, by its number."""
        self.open("/desk/queue")
        self.main.locator(f"form[action$='/cases/{number}/claim'] button").click()
        self.page.wait_for_url(f"**/desk/cases/{number}*")

    def cannot_take(self, number: str) -> None:
        """Whoever has agreed once must not agree again."""
        self.open(f"/desk/cases/{number}")
        expect(self.main.locator("form[action$='/claim']")).to_have_count(0)

    def approve(self) -> None:
        self._button("approve").click()
        self.page.locator("#ask-approve [data-yes]").click()
        self.page.wait_for_url("**/desk/queue?*")

    def send_back(self, reasons: list[str], remark: str) -> None:
        self._decide("return", reasons, remark)

    def reject(self, reason: str, remark: str) -> None:
        self._decide("reject", [reason], remark)

    def open_decision(self, action: str) -> Locator:
        """Unfolds the form of a decision."""
        folded = self.main.locator(f"details:has(form[action$='/{action}'])")
        if folded.get_attribute("open") is None:
            folded.locator("summary").click()
        return folded

    def retry(self, number: str) -> None:
        self.open("/desk/deliveries")
        self.main.locator(f"form[action$='/cases/{number}/retry'] button").click()
        self.page.wait_for_url("**/desk/deliveries?*")

    def delivered(self, number: str) -> None:
        """Waits until the core system has the change."""
        self.house.until(lambda: self.house.ask("state", number=number) == "done")

    def _decide(self, action: str, reasons: list[str], remark: str) -> None:
        form = self.open_decision(action).locator("form")
        for reason in reasons:
            form.get_by_label(reason, exact=True).check()
        form.locator("textarea").fill(remark)
        form.locator("button.main").click()
        self.page.wait_for_url("**/desk/queue?*")

    def _button(self, action: str) -> Locator:
        return self.main.locator(f"form[action$='/{action}'] button")
