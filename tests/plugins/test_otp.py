"""Text messages: what a newcomer reads in the outbox, and what reaches a carrier."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from plugin_kit import NOW, catalogue, home_at, kinds_with, messages_of, mistakes_of, render

from banli.errors import DefinitionError
from banli.hooks import Errand, Outcome, Unavailable, Undeliverable
from banli.outbox import KEPT
from banli.testing import check_sms_gateway
from banli.texting import SmsSend
from banli_otp import FailingGateway, HttpGateway, Message, OtpPlugin, Outbox
from banli_otp.gateways import sign, unfit_url

PHONE = "13900010001"
TEXT = "您的验证码为246810，5分钟内有效"
SECRET = "a secret of the test"


class Carrier(ThreadingHTTPServer):
    """The other side of the HTTP gateway: keeps what it was sent and answers as it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Calls)
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.status, self.answer, self.wait = 200, b"", 0.0
        self.over = threading.Event()
        self.headers: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/send"


class _Calls(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        carrier = self.server
        assert isinstance(carrier, Carrier)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        carrier.calls.append((dict(self.headers), body))
        answer = carrier.answer or json.dumps({"id": f"carrier-{json.loads(body)['id'][:8]}"}).encode()
        carrier.over.wait(carrier.wait)
        self.send_response(carrier.status)
        for name, value in carrier.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        with suppress(BrokenPipeError):
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        return None


@contextmanager
def carrier() -> Iterator[Carrier]:
    server = Carrier()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def gateway(url: str, timeout: float = 5) -> HttpGateway:
    return HttpGateway(url, SECRET.encode(), lambda: NOW, timeout)


async def test_the_outbox_and_the_http_gateway_keep_what_the_platform_relies_on(tmp_path: Path) -> None:
    await check_sms_gateway(Outbox(tmp_path / "outbox.db", lambda: NOW), PHONE, TEXT)
    with carrier() as other:
        other.wait = 0.5
        await check_sms_gateway(gateway(other.url), PHONE, TEXT)


async def test_a_gateway_that_waits_without_await_does_not_pass() -> None:
    class Blocking:
        async def send(self, phone: str, text: str, key: str = "") -> str:
            time.sleep(1)
            return "1"

    with pytest.raises(AssertionError, match="held up everything else"):
        await check_sms_gateway(Blocking(), PHONE, TEXT)


async def test_a_gateway_that_gives_every_message_the_same_id_does_not_pass() -> None:
    class Same:
        async def send(self, phone: str, text: str, key: str = "") -> str:
            return "1"

    with pytest.raises(AssertionError, match="Two messages have two ids"):
        await check_sms_gateway(Same(), PHONE, TEXT)


async def test_a_gateway_that_sends_a_second_try_as_a_second_message_does_not_pass() -> None:
    class Forgetful:
        async def send(self, phone: str, text: str, key: str = "") -> str:
            return uuid4().hex

    with pytest.raises(AssertionError, match="The same key is the same message"):
        await check_sms_gateway(Forgetful(), PHONE, TEXT)


async def test_what_nobody_will_ever_get_is_not_tried_again() -> None:
    class Refusing:
        async def send(self, phone: str, text: str, key: str = "") -> str:
            raise Undeliverable("black_list")

    assert await SmsSend(Refusing()).run(errand()) == Outcome(Outcome.REFUSED, "black_list")


async def test_a_newcomer_reads_the_code_in_the_outbox(tmp_path: Path) -> None:
    plugin = OtpPlugin({"gateway": "outbox"}, home_at(tmp_path))
    await plugin.start()
    assert "还没有收到短信" in await render(plugin, "", language="zh_CN")
    id = await plugin.sms().send(PHONE, TEXT)
    await plugin.sms().send("021-63212345-801", "Ihr Code: <none>")
    assert await plugin.outbox.messages(PHONE) == [Message(id, "139****0001", TEXT, "246810", NOW)]
    assert [message.code for message in await plugin.outbox.messages()] == ["", "246810"]
    shown = await render(plugin, "", language="zh_CN")
    for words in ("<strong>246810</strong>", "139****0001", TEXT, "Ihr Code: &lt;none&gt;", "2026-11-23 10:00:00"):
        assert words in shown
    assert PHONE.encode() not in (tmp_path / "outbox.db").read_bytes()


async def test_another_process_with_the_same_file_sees_messages_and_switches(tmp_path: Path) -> None:
    here, elsewhere = (Outbox(tmp_path / "outbox.db", lambda: NOW) for _ in range(2))
    await here.send(PHONE, TEXT)
    assert await elsewhere.messages() == await here.messages()
    await elsewhere.switch(failure="refuse")
    with pytest.raises(Unavailable, match="gateway_down"):
        await here.send(PHONE, TEXT)
    await elsewhere.switch(failure="lose")
    assert await here.send(PHONE, TEXT) != ""
    await elsewhere.switch(failure="none")
    assert len(await here.messages()) == 1


async def test_a_message_that_is_on_its_way_is_not_there_yet(tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    outbox = Outbox(tmp_path / "outbox.db", lambda: now)
    await outbox.switch(lag=3000)
    await outbox.send(PHONE, TEXT)
    assert await outbox.messages() == []
    now += timedelta(seconds=3)
    assert [message.text for message in await outbox.messages()] == [TEXT]


async def test_the_outbox_keeps_the_newest_only_and_takes_many_at_once(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db", lambda: NOW)
    for start in range(0, KEPT + 20, 20):
        await asyncio.gather(*(outbox.send(PHONE, f"message {start + n}") for n in range(20)))
    assert len(await outbox.messages(limit=1000)) == KEPT


async def test_the_page_changes_how_messages_travel(tmp_path: Path) -> None:
    plugin = OtpPlugin({"gateway": "outbox"}, home_at(tmp_path))
    page = plugin.pages()[0]
    assert page.change is not None
    assert not page.in_production
    assert await page.change({"lag": "250", "failure": "lose"}) == {"said": "switched"}
    assert await page.change({"lag": "-1"}) == {"said": "wrong"}
    assert await page.change({"lag": "soon"}) == {"said": "wrong"}
    assert await page.change({"failure": "explode"}) == {"said": "wrong"}
    shown = await render(plugin, "", {"said": "switched"})
    assert 'value="250"' in shown
    assert 'value="lose" selected' in shown
    assert "from now on" in shown


async def test_a_message_reaches_the_carrier_signed(tmp_path: Path) -> None:
    with carrier() as other:
        id = await gateway(other.url).send(PHONE, TEXT)
        headers, body = other.calls[0]
    said = json.loads(body)
    assert id == f"carrier-{said['id'][:8]}"
    assert (said["phone"], said["text"], len(said["id"])) == (PHONE, TEXT, 32)
    assert headers["X-Banli-Time"] == str(int(NOW.timestamp()))
    assert headers["X-Banli-Signature"] == sign(SECRET.encode(), headers["X-Banli-Time"], body)
    assert headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("status", "code"), [(400, "gateway_http_400"), (401, "gateway_http_401"), (503, "gateway_http_503")]
)
async def test_a_carrier_that_refuses_is_a_failure_without_personal_data(status: int, code: str) -> None:
    with carrier() as other:
        other.status, other.answer = status, f"no message for {PHONE}".encode()
        with pytest.raises(Unavailable) as failed:
            await gateway(other.url).send(PHONE, TEXT)
    assert str(failed.value) == failed.value.code == code


async def test_a_redirect_takes_no_code_elsewhere() -> None:
    with carrier() as other, carrier() as elsewhere:
        other.status, other.headers = 307, {"Location": elsewhere.url}
        with pytest.raises(Unavailable, match="gateway_http_307"):
            await gateway(other.url).send(PHONE, TEXT)
        assert elsewhere.calls == []


async def test_a_slow_or_absent_carrier_is_a_failure_in_time() -> None:
    with carrier() as other:
        other.wait = 60
        with pytest.raises(Unavailable, match="gateway_timeout"):
            await gateway(other.url, timeout=0.1).send(PHONE, TEXT)
        url = other.url
    with pytest.raises(Unavailable, match="gateway_unreachable"):
        await gateway(url).send(PHONE, TEXT)


@pytest.mark.parametrize("answer", [b"ok", b"[]", b"{}", b"\xff\xfe"])
async def test_a_carrier_without_an_id_of_its_own_gets_ours(answer: bytes) -> None:
    with carrier() as other:
        other.answer = answer
        id = await gateway(other.url).send(PHONE, TEXT)
        assert id == json.loads(other.calls[0][1])["id"]


async def test_the_failing_twin_sends_nothing(tmp_path: Path) -> None:
    plugin = OtpPlugin({"gateway": "failing"}, home_at(tmp_path))
    assert isinstance(plugin.sms(), FailingGateway)
    assert plugin.pages() == ()
    assert await plugin.check() == "The SMS gateway is set to fail (gateway: failing)."
    with pytest.raises(Unavailable, match="gateway_down"):
        await plugin.sms().send(PHONE, TEXT)


async def test_the_outbox_does_not_start_where_real_clients_come(tmp_path: Path) -> None:
    plugin = OtpPlugin({"gateway": "outbox"}, home_at(tmp_path, demo=False))
    with pytest.raises(DefinitionError) as refused:
        await plugin.start()
    assert str(refused.value) == (
        "definitions/site.yaml: not-for-production: The outbox of 'banli_otp' sends no messages to real clients. "
        "Set gateway: http, or allow_in_production: true."
    )
    assert "sends no messages" in await plugin.check()
    await OtpPlugin({"gateway": "outbox", "allow_in_production": True}, home_at(tmp_path, demo=False)).start()


async def test_the_http_gateway_says_at_the_start_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(**options: Any) -> OtpPlugin:
        return OtpPlugin({"gateway": "http", **options}, home_at(tmp_path, demo=False))

    monkeypatch.delenv("BANLI_SMS_SECRET", raising=False)
    assert "must begin with https://" in await made().check()
    assert "must begin with https://" in await made(url="http://sms.example.com/send").check()
    assert await made(url="https://sms.example.com/send").check() == (
        "The SMS gateway has no secret to sign with. Set the environment variable BANLI_SMS_SECRET."
    )
    with pytest.raises(DefinitionError, match="no secret to sign with"):
        await made(url="https://sms.example.com/send").start()
    monkeypatch.setenv("MY_SECRET", SECRET)
    plugin = made(url="https://sms.example.com/send", secret_env="MY_SECRET")
    await plugin.start()
    assert await plugin.check() == ""
    assert isinstance(plugin.sms(), HttpGateway)
    assert [unfit_url(url) != "" for url in ("file:///etc/passwd", "ftp://a", "https://", "http://127.0.0.1:1/")] == [
        True, True, True, False,
    ]  # fmt: skip


def errand(**more: Any) -> Errand:
    given: dict[str, Any] = {
        "record": {"contact_mobile": PHONE}, "changes": {}, "options": {"text": "样本期货：您的申请已通过。"}, **more
    }  # fmt: skip
    return Errand("8001", "1", "8001-1", "8001-1:approved:sms.send:4", **given)


async def test_a_message_about_a_case_goes_to_the_number_that_the_flow_names(tmp_path: Path) -> None:
    plugin = OtpPlugin({"gateway": "outbox"}, home_at(tmp_path))
    send = SmsSend(plugin.sms())
    tries = {
        "on file": {},
        "on file before what changes": {"changes": {"contact_mobile": "13900010002"}},
        "what a newcomer says": {"record": {}, "changes": {"contact_mobile": "13900010003"}},
        "an answer": {"options": {"to": "phone.mobile", "text": "x"}, "answers": {"phone": {"mobile": "13900010004"}}},
        "another entry": {"options": {"to": "client.contact_phone", "text": "x"}, "record": {"contact_phone": "13900010005"}},
        "a landline": {"record": {"contact_mobile": "021-63212345"}},
        "nothing on file": {"record": {}},
        "not answered": {"options": {"to": "phone.mobile", "text": "x"}},
    }
    outcomes = {}
    for n, (what, more) in enumerate(tries.items()):
        outcome = await send.run(replace(errand(**more), key=f"key {n}"))
        outcomes[what] = (outcome.state, outcome.code)
    assert outcomes == {
        **dict.fromkeys(list(tries)[:5], ("done", "")), **dict.fromkeys(list(tries)[5:], ("refused", "no_mobile"))
    }  # fmt: skip
    arrived = [(message.phone, message.text) for message in reversed(await plugin.outbox.messages())]
    words = "样本期货：您的申请已通过。"
    assert arrived == [
        ("139****0001", words), ("139****0001", words), ("139****0003", words), ("139****0004", "x"), ("139****0005", "x"),
    ]  # fmt: skip


async def test_a_message_that_is_tried_again_lies_in_the_outbox_once(tmp_path: Path) -> None:
    """The job does not know whether its first try arrived; the key does."""
    plugin = OtpPlugin({"gateway": "outbox"}, home_at(tmp_path))
    send = SmsSend(plugin.sms())
    await plugin.outbox.switch(failure="refuse")
    with pytest.raises(Unavailable, match="gateway_down"):
        await send.run(errand())
    await plugin.outbox.switch(failure="none")
    for _ in range(3):
        assert (await send.run(errand())).state == "done"
    await send.run(replace(errand(), key="8001-1:done:sms.send:5"))
    assert len(await plugin.outbox.messages()) == 2


async def test_the_carrier_knows_a_second_try_by_the_same_id() -> None:
    with carrier() as other:
        send = SmsSend(gateway(other.url))
        for key in ("one", "one", "two"):
            await send.run(replace(errand(), key=key))
        await gateway(other.url).send(PHONE, TEXT)
        ids = [json.loads(body)["id"] for _, body in other.calls]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_message_of_more_than_500_characters_or_to_no_number_is_an_authors_mistake(tmp_path: Path) -> None:
    """Told by `banli check` with its place."""
    flow = """
title: 样本
login: login
steps: [{form: {id: phone}}, {submit: {text: 已提交}}]
notify:
  submitted:
    - sms.send: {id: long, text: %s}
    - sms.send: {id: nobody, to: client.fax, text: 已提交}
    - sms.send: {id: no_phone, to: client.name, text: 已提交}
    - sms.send: {id: no_step, to: phon.mobile, text: 已提交}
    - sms.send: {id: no_answer, to: phone.mobil, text: 已提交}
    - sms.send: {id: no_text}
    - sms.send: {id: good, to: phone.mobile, text: '{{ company.short_name }}：受理单{{ case.number }}已提交'}
""" % ("长" * 501)  # fmt: skip
    form = "title: 手机\nschema: {type: object, properties: {mobile: {title: 手机, type: string, format: cn-mobile}}}\n"
    kinds = kinds_with(OtpPlugin({"gateway": "outbox"}, home_at(tmp_path)))
    assert mistakes_of(tmp_path, kinds, {"flows/trial.yaml": flow, "forms/phone.yaml": form}) == [
        "definitions/flows/trial.yaml:7:34: out-of-range: This must have at most 500 characters. "
        "What belongs here: what the message says, at most 500 characters.",
        "definitions/flows/trial.yaml:12:7: missing-key: 'text' is missing. Add it: what the message says, at most 500 characters.",
    ]
    flow = flow.replace("长" * 501, "短").replace("    - sms.send: {id: no_text}\n", "")
    assert mistakes_of(tmp_path, kinds, {"flows/trial.yaml": flow}) == [
        "definitions/flows/trial.yaml:8:34: unknown-client-property: The record on file has no 'fax'.",
        "definitions/flows/trial.yaml:9:36: not-a-phone: 'client.name' is no telephone number. "
        "Name one whose format is cn-phone or cn-mobile.",
        "definitions/flows/trial.yaml:10:35: unknown-step: There is no step 'phon'. Did you mean 'phone'?",
        "definitions/flows/trial.yaml:11:37: unknown-field: The step 'phone' asks no 'mobil'. Did you mean 'mobile'?",
    ]


def test_every_word_of_the_page_is_there_in_chinese() -> None:
    assert messages_of("banli_otp") == catalogue("banli_otp", "zh_CN").keys()


def test_the_settings_are_a_json_schema() -> None:
    schema = {"type": "object", "properties": OtpPlugin.options, "required": list(OtpPlugin.required)}
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator({**schema, "additionalProperties": False})
    assert judge.is_valid({"gateway": "http", "url": "https://sms.example.com", "timeout": 2.5})
    assert not judge.is_valid({"gateway": "pigeon"})
