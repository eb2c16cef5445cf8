"""An authority elsewhere that lags, refuses, falls silent or loses its answers: the client reads a calm sentence, goes on later,
and nothing that was entered, read or ticked is lost (R-109, R-149)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from app_fixtures import JIA, app_template
from banli_certificate.asking import sent
from banli_certificate.keys import text_of
from signing_kit import SITE, Pen, at_list, files
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

ELSEWHERE = SITE.replace("name: 样本}", "name: 样本, authority: simulator}")
SILENT = "证书机构暂时没有应答"


@pytest.fixture
async def town(opened: Open):
    async with opened("test", None, **files(ELSEWHERE)) as town:
        yield town


def plugin_of(town: Any) -> Any:
    return next(one for one in town.parts.plugins.active if one.name == "banli_certificate")


async def behave(town: Any, **how: Any) -> None:
    await plugin_of(town).chosen.behave({"outage": False, "refuses": False, "loses": False, "waits": 0, "ahead": 0, **how})


async def at_certificate(town: Any) -> Pen:
    phone = await town.phone().log_in(JIA)
    await phone.post(_go="next", edit="phone")
    await phone.post(certificate_safety="true", _go="next")
    pen = Pen(await phone.post(contact_phone="0371-65951235", _go="next"))
    assert phone.step == "certificate", phone.text
    return pen


class Applying:
    """The page's script: one key, one request, asked with as often as wanted."""

    def __init__(self, pen: Pen, begun: Any) -> None:
        request = pen.key.request()
        proof = pen.key.enrol(text_of(begun, "nonce"), request)
        self.pen, self.asked = pen, {"key": begun["key"], "csr": sent(request), "proof": sent(proof)}
        pen.id = begun["key"]

    @staticmethod
    async def begun(pen: Pen) -> Applying:
        begun = await pen.said("begin", {})
        await pen.said("evaluate", {"key": begun["key"], "blinded": sent(pen.key.blinded)})
        return Applying(pen, begun)

    async def ask(self) -> Any:
        status, told = await self.pen.call("enrol", self.asked)
        return told["said"] if status == 200 else told["problem"]

    async def goes_on(self) -> None:
        """Installed, and on the list of agreements with all that was entered."""
        assert "certificate" in await self.ask()
        _, told = await self.pen.call("done", {})
        await self.pen.phone.get(told["next"])
        assert self.pen.phone.step == "agreements", self.pen.phone.text


async def test_a_silent_authority_is_told_calmly_and_asked_again(town: Any) -> None:
    pen = await at_certificate(town)
    applying = await Applying.begun(pen)
    await behave(town, outage=True)
    told = await applying.ask()
    assert (told["code"], "请" in told["text"]) == ("certificate_authority_silent", True)
    assert pen.phone.step == "certificate"
    await pen.phone.get(pen.phone.at)
    assert pen.phone.step == "certificate" and "安装数字证书" in pen.phone.page, "the page opens all the same"
    await behave(town)
    await applying.goes_on()


async def test_an_application_may_take_its_time(town: Any, clock: Any) -> None:
    """The client may close the page: the phone asks with the same application again."""
    pen = await at_certificate(town)
    applying = await Applying.begun(pen)
    await behave(town, waits=90)
    assert await applying.ask() == {"wait": 5}
    clock.forward(seconds=60)
    assert "wait" in await applying.ask()
    status, told = await pen.call("done", {})
    assert (status, told["problem"]["code"]) == (422, "certificate_unknown"), "nobody goes on without a certificate"
    clock.forward(seconds=31)
    await applying.goes_on()


async def test_a_refusal_is_told_and_a_lost_answer_is_given_again(town: Any) -> None:
    pen = await at_certificate(town)
    await behave(town, refuses=True)
    first = await Applying.begun(pen)
    assert (await first.ask())["code"] == "certificate_refused"
    await behave(town, loses=True)
    second = await Applying.begun(pen)
    assert (await second.ask())["code"] == "certificate_authority_silent"
    await second.goes_on()
    issued = await plugin_of(town).chosen.simulated._inner._ledger().of("certificate", (await client_of(pen))[:32])
    assert len(issued) == 1


async def client_of(pen: Pen) -> str:
    held = await pen.phone.town.parts.caseload.find(number=pen.phone.number)
    return str(held.case.client)


async def test_a_certificate_of_a_clock_that_is_wrong_is_not_taken(town: Any) -> None:
    pen = await at_certificate(town)
    await behave(town, ahead=3600)
    told = await (await Applying.begun(pen)).ask()
    assert told["code"] == "certificate_authority_clock"
    await behave(town)
    await (await Applying.begun(pen)).goes_on()


async def test_who_has_a_certificate_stays_where_they_are_while_the_authority_is_silent(town: Any) -> None:
    """Not sent back to install another one; signing waits, for nothing may be signed with a certificate that was revoked."""
    pen = await at_list(town)
    offer = await pen.offer()
    half = {"nonce": offer["nonce"], "signatures": pen.signatures(offer)[:1]}
    await pen.said("signed", half)
    await behave(town, outage=True)
    await pen.phone.get(pen.phone.at)
    assert pen.phone.step == "agreements" and SILENT in pen.phone.page, pen.phone.text
    status, told = await pen.call("offer", {})
    assert (status, told["problem"]["code"]) == (422, "certificate_authority_silent")
    await pen.agree()
    assert pen.phone.step == "agreements", "not submitted"
    await behave(town)
    await pen.phone.get(pen.phone.at)
    offer = await pen.sign()
    assert len(offer["statements"]) == offer["all"] - 1, "the one signed before is kept"
    await pen.agree()
    assert "正在等待复核" in pen.phone.page


async def test_a_forgotten_password_ends_the_certificate_at_once_even_if_nobody_hears_it(town: Any) -> None:
    pen = await at_list(town)
    client = await client_of(pen)
    serial = (await plugin_of(town).keys.held(client)).serial
    await behave(town, outage=True)
    await pen.said("forget", {"reason": "forgotten_password"})
    assert (await plugin_of(town).keys.held(client)).state == "revoked"
    await behave(town)
    authority = plugin_of(town).authority
    assert (await authority.status(serial)).state == "revoked"
    await authority.tend()
    assert (await plugin_of(town).chosen.simulated._inner.status(serial)).state == "revoked"
    await pen.phone.get(pen.phone.at)
    assert pen.phone.step == "certificate"


async def test_in_a_demo_a_page_lets_the_authority_fail(opened: Open) -> None:
    async with opened("demo", None, **files(ELSEWHERE)) as town:
        client, at = town.app.test_client(), "/plugins/banli_certificate/authority"
        shown = await (await client.get(at, headers={"Accept-Language": "zh-CN"})).get_data(as_text=True)
        assert "模拟证书机构" in shown and "不具法律效力" in shown
        csrf = re.search(r'name="_csrf" value="([^"]+)"', shown)
        assert csrf
        body = urlencode({"_csrf": csrf[1], "outage": "1", "waits": "99999999", "latency": "x"})
        about = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        assert (await client.post(at, data=body, headers=about)).status_code == 303
        how = await plugin_of(town).chosen.how()
        assert (how.outage, how.refuses, how.waits, how.latency) == (True, False, 86400, 0)
        assert "switched off" in await plugin_of(town).authority.check()


async def test_certificates_of_before_go_on_when_a_site_changes_its_authority(town: Any) -> None:
    plugin = plugin_of(town)
    earlier = plugin.chosen.embedded
    await earlier.set_up("Before")
    from banli_certificate.authority import Issued, Subject
    from banli_certificate.conformance import check_authority

    made = await earlier.enrol(Subject("样本甲", "c" * 32, "样本"), Pen(town.phone()).key.request(), "before")
    assert isinstance(made, Issued)
    assert (await plugin.authority.status(made.serial)).state == "good" and await plugin.authority.chain(made.serial) == made.chain
    assert await plugin.authority.chain() != made.chain, "the present one issues"
    await check_authority(plugin.authority, Subject("样本乙", "d" * 32, "样本"), clock=plugin.home.clock)
    assert (await plugin.authority.revoke(made.serial, "staff")).state == "revoked"
    assert await plugin.authority.crl(made.serial) == await earlier.crl()


async def test_who_s_certificate_ends_soon_is_told_in_the_flow(opened: Open) -> None:
    """The general way: a step `notice` under the condition `certificate.expiring`."""
    changed = files(SITE.replace("样本}", "样本, days: 20, warn_days: 30}"))
    told = yaml.safe_load(changed["flows__basic_info_change"])
    place = next(at for at, step in enumerate(told["steps"]) if "agreements" in step)
    soon = {"id": "soon", "title": "证书即将到期", "when": "certificate.expiring", "text": "请在到期前办理更新。", "button": "知道了"}
    told["steps"].insert(place, {"notice": soon})
    changed["flows__basic_info_change"] = yaml.safe_dump(told, allow_unicode=True)
    async with opened("test", None, **changed) as town:
        pen = await at_certificate(town)
        await pen.install()
        assert pen.phone.step == "soon" and "请在到期前办理更新" in pen.phone.page
        await pen.phone.post(_go="next")
        assert pen.phone.step == "agreements", pen.phone.text
        assert "将于" in pen.phone.page or "到期" in pen.phone.page, "and once more where it is used"
