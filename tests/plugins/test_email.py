"""E-mails: what a newcomer reads in the outbox, what reaches a mail server, and what an author may write."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from plugin_kit import NOW, catalogue, home_at, kinds_with, messages_of, mistakes_of, render
from smtp_kit import certified, mail_server

from banli.errors import DefinitionError
from banli.hooks import Errand, Mail, MailGateway, Unavailable
from banli.mailing import EmailSend
from banli.mails import is_address, mask_address
from banli.testing import check_mail_gateway
from banli_email import EmailPlugin, FailingGateway, MailOutbox, Security, SmtpGateway

TO = "zhang.san@example.com"
SENDERS = {"": Address("样本云", addr_spec="noreply@cloud.example"), "8002": Address("样本期货", addr_spec="service@8002.example")}
MAIL = Mail("8001", TO, "银行卡变更已办结", "您好：\n\n.\n已办结。", "8001-1:done:email.send:4")


def gateway(port: int, **more: Any) -> SmtpGateway:
    return SmtpGateway("127.0.0.1", lambda: NOW, SENDERS, port, **more)


def local(port: int, **more: Any) -> SmtpGateway:
    return gateway(port, security=Security("none"), **more)


async def test_every_gateway_keeps_what_the_platform_relies_on(tmp_path: Path) -> None:
    await check_mail_gateway(MailOutbox(tmp_path / "outbox.db", lambda: NOW), TO)
    with mail_server(wait=0.1) as server:
        await check_mail_gateway(local(server.port), TO)
    assert len({message_from_bytes(mail.content)["Message-ID"] for mail in server.arrived}) == 2, "mailboxes know the second try"


@pytest.mark.parametrize("how", ["tls", "starttls"])
async def test_an_e_mail_reaches_the_server_encrypted_under_the_account_and_as_it_was_written(tmp_path: Path, how: str) -> None:
    context, ca_file = certified(tmp_path)
    with mail_server(how=how, tls=context, account=("banli", "a secret")) as server:
        sending = gateway(server.port, security=Security(how, str(ca_file)), user="banli", password="a secret")
        assert await sending.send(MAIL) == ""
        assert await sending.send(replace(MAIL, company="8002", key="another")) == ""
    first, second = server.arrived
    assert (first.encrypted, first.user, first.sender.split()[0], first.to) == (
        True, "banli", "FROM:<noreply@cloud.example>", [f"TO:<{TO}>"],
    )  # fmt: skip
    message = message_from_bytes(first.content, policy=default)
    assert {name: str(value) for name, value in message.items() if name not in ("Message-ID", "MIME-Version")} == {
        "From": "样本云 <noreply@cloud.example>", "To": TO, "Subject": "银行卡变更已办结",
        "Date": "Mon, 23 Nov 2026 02:00:00 +0000", "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"', "Content-Transfer-Encoding": "base64",
    }  # fmt: skip
    assert message.get_content().replace("\r\n", "\n") == f"{MAIL.text}\n"
    assert str(message_from_bytes(second.content, policy=default)["From"]) == "样本期货 <service@8002.example>"


async def test_a_server_that_cannot_prove_who_it_is_gets_nothing(tmp_path: Path) -> None:
    context, _ = certified(tmp_path)
    for how in ("tls", "starttls"):
        with mail_server(how=how, tls=context) as server:
            with pytest.raises(Unavailable, match=r"^smtp_tls$"):
                await gateway(server.port, security=Security(how)).send(MAIL)
            assert server.arrived == []


async def test_who_stands_between_cannot_talk_the_gateway_out_of_encryption() -> None:
    """A server, or somebody in its place, that offers no STARTTLS: neither mail nor password is sent in the clear."""
    with mail_server(how="none", account=("banli", "secret")) as server:
        with pytest.raises(Unavailable, match=r"^smtp_tls$"):
            await gateway(server.port, user="banli", password="secret").send(MAIL)
        assert not [line for line in server.heard if line.startswith(("AUTH", "MAIL"))]


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ({"RCPT": "450 mailbox busy"}, "smtp_450"), ({"RCPT": "554 no relaying"}, "smtp_554"), ({"MAIL": "530 log in"}, "smtp_530"),
        ({"DATA": "451 later"}, "smtp_451"), ({"EHLO": "421 too busy", "HELO": "421 too busy"}, "smtp_421"),
    ],
)  # fmt: skip
async def test_a_server_that_does_not_take_it_now_is_asked_again_and_nobody_is_named(says: dict[str, str], code: str) -> None:
    told = {word: f"{answer} {TO}" for word, answer in says.items()}
    with mail_server(says=told) as server, pytest.raises(Unavailable) as failed:
        await local(server.port).send(MAIL)
    assert str(failed.value) == failed.value.code == code


async def test_an_address_that_does_not_exist_is_given_up() -> None:
    with mail_server(says={"RCPT": "550 no such mailbox"}) as server:
        assert await local(server.port).send(MAIL) == "address_refused"
        outcome = await EmailSend(local(server.port)).run(errand())
    assert (outcome.state, outcome.code) == ("refused", "address_refused")


async def test_a_wrong_password_a_slow_and_an_absent_server_are_told_apart(tmp_path: Path) -> None:
    with mail_server(account=("banli", "secret")) as server, pytest.raises(Unavailable, match=r"^smtp_auth$"):
        await local(server.port, user="banli", password="wrong").send(MAIL)
    with mail_server(wait=60) as server, pytest.raises(Unavailable, match=r"^smtp_timeout$"):
        await local(server.port, timeout=0.2).send(MAIL)
    with pytest.raises(Unavailable, match=r"^smtp_unreachable$"):
        await local(server.port).send(MAIL)


@pytest.mark.parametrize("to", [
    "", "zhang", "zhang@", "@example.com", "zhang@example", "a@b.com,c@d.com", "a@b.com\nBcc: c@d.com", "a@b.com\r\n", "张三 <a@b.com>",
    "a b@example.com", '"a b"@example.com', "a@exa mple.com", ".a@example.com", "a..b@example.com", "a@-b.com", "用户@例子.中国",
    f"{'a' * 65}@example.com", f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 63}.com",
])  # fmt: skip
def test_what_is_not_one_plain_address_gets_no_mail(to: str) -> None:
    assert not is_address(to)
    with pytest.raises(ValueError, match="not one e-mail address"):
        Mail("8001", to, "样本", "样本", "1")


@pytest.mark.parametrize("unseen", ["\n", "\r", "\r\n", "\x00", "\u2028", "\x85", "\x0b"])
def test_no_subject_writes_further_headers(unseen: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        Mail("8001", TO, f"已办结{unseen}Bcc: other@example.com", "样本", "1")


def test_an_address_is_shown_by_its_first_letter_and_its_domain_and_a_mail_shows_nothing() -> None:
    assert [mask_address(text) for text in (TO, "z@example.com", "nobody")] == ["z***@example.com", "***@example.com", "***"]
    assert TO not in repr(MAIL) and "银行卡" not in repr(MAIL) and "已办结" not in repr(MAIL)


def errand(**more: Any) -> Errand:
    given: dict[str, Any] = {
        "record": {"email": TO}, "changes": {}, "options": {"subject": "已办结", "text": "您好：已办结。\n"},
        "words": {"email_mark": "【仿真】", "email_footer": "请勿直接回复。"}, **more,
    }  # fmt: skip
    return Errand("8001", "1", "8001-1", "8001-1:done:email.send:4", **given)


async def test_an_e_mail_about_a_case_goes_where_the_flow_says_with_the_companys_words_around_it(tmp_path: Path) -> None:
    plugin = EmailPlugin({"gateway": "outbox"}, home_at(tmp_path))
    send = EmailSend(plugin.mail())
    options = {"subject": "已办结", "text": "x"}
    tries: dict[str, dict[str, Any]] = {
        "on file": {},
        "on file before what changes": {"changes": {"email": "new@example.com"}},
        "what a newcomer says": {"record": {}, "changes": {"email": "newcomer@example.com"}},
        "an answer": {"options": {"to": "other_info.email", **options}, "answers": {"other_info": {"email": "a@example.com"}}},
        "nothing on file": {"record": {}},
        "several on file": {"record": {"email": "a@example.com, b@example.com"}},
        "a header on file": {"record": {"email": "a@example.com\nBcc: b@example.com"}},
        "a header in the subject": {"options": {"subject": "样本\nBcc: b@example.com", "text": "x"}},
    }
    outcomes = {}
    for n, (what, more) in enumerate(tries.items()):
        outcome = await send.run(replace(errand(**more), key=f"key {n}"))
        outcomes[what] = (outcome.state, outcome.code)
    assert outcomes == {
        **dict.fromkeys(list(tries)[:4], ("done", "")), "nothing on file": ("refused", "no_email"),
        "several on file": ("refused", "bad_email"), "a header on file": ("refused", "bad_email"),
        "a header in the subject": ("refused", "bad_subject"),
    }  # fmt: skip
    arrived = [(mail.to, mail.subject, mail.text) for mail in reversed(await plugin.outbox.mails())]
    whole, short = "您好：已办结。\n\n请勿直接回复。", "x\n\n请勿直接回复。"
    assert arrived == [
        ("z***@example.com", "【仿真】已办结", whole), ("z***@example.com", "【仿真】已办结", whole),
        ("n***@example.com", "【仿真】已办结", whole), ("***@example.com", "【仿真】已办结", short),
    ]  # fmt: skip


async def test_an_e_mail_that_is_tried_again_lies_in_the_outbox_once(tmp_path: Path) -> None:
    plugin = EmailPlugin({"gateway": "outbox"}, home_at(tmp_path))
    send = EmailSend(plugin.mail())
    await plugin.outbox.switch(failure="refuse")
    with pytest.raises(Unavailable, match="gateway_down"):
        await send.run(errand())
    await plugin.outbox.switch(failure="none")
    for _ in range(3):
        assert (await send.run(errand())).state == "done"
    await send.run(replace(errand(), key="8001-1:done:email.send:5"))
    assert len(await plugin.outbox.mails()) == 2
    assert [mail.to for mail in await plugin.outbox.mails(TO)] == ["z***@example.com"] * 2
    assert TO.encode() not in (tmp_path / "outbox.db").read_bytes()


async def test_a_newcomer_reads_the_e_mail_on_the_page_and_lets_the_next_get_lost(tmp_path: Path) -> None:
    plugin = EmailPlugin({"gateway": "outbox"}, home_at(tmp_path))
    await plugin.start()
    assert "还没有收到电子邮件" in await render(plugin, "", language="zh_CN")
    await plugin.mail().send(replace(MAIL, text="第一段\n\n<b>第二段</b>"))
    shown = await render(plugin, "", language="zh_CN")
    for words in ("<h2>银行卡变更已办结</h2>", "z***@example.com · 2026-11-23 10:00:00", "<p>&lt;b&gt;第二段&lt;/b&gt;</p>"):
        assert words in shown
    page = plugin.pages()[0]
    assert page.change is not None and not page.in_production
    assert await page.change({"lag": "soon"}) == {"said": "wrong"}
    assert await page.change({"lag": "250", "failure": "lose"}) == {"said": "switched"}
    shown = await render(plugin, "", {"said": "switched"})
    assert 'value="250"' in shown and 'value="lose" selected' in shown
    await plugin.mail().send(replace(MAIL, key="lost"))
    assert len(await plugin.outbox.mails()) == 1


async def test_the_failing_twin_sends_nothing(tmp_path: Path) -> None:
    plugin = EmailPlugin({"gateway": "failing"}, home_at(tmp_path))
    assert isinstance(plugin.mail(), FailingGateway) and isinstance(plugin.mail(), MailGateway)
    assert plugin.pages() == ()
    assert await plugin.check() == "The mail gateway is set to fail (gateway: failing)."
    with pytest.raises(Unavailable, match="gateway_down"):
        await plugin.mail().send(MAIL)


async def test_the_outbox_does_not_start_where_real_clients_come(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as refused:
        await EmailPlugin({"gateway": "outbox"}, home_at(tmp_path, demo=False)).start()
    assert str(refused.value) == (
        "definitions/site.yaml: not-for-production: The outbox of 'banli_email' sends no e-mails to real clients. "
        "Set gateway: smtp, or allow_in_production: true."
    )
    await EmailPlugin({"gateway": "outbox", "allow_in_production": True}, home_at(tmp_path, demo=False)).start()


async def test_the_mail_gateway_says_at_the_start_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(**options: Any) -> str:
        return await EmailPlugin({"gateway": "smtp", **options}, home_at(tmp_path, demo=False)).check()

    monkeypatch.delenv("BANLI_SMTP_PASSWORD", raising=False)
    good = {"host": "mail.example", "sender": "noreply@cloud.example"}
    assert await told() == "The mail gateway has no server to hand e-mails to. Set host."
    assert await told(**good, security="none") == (
        "E-mails would go over the network for all to read. Set security: starttls or tls."
    )
    assert "There is no file '/nowhere.pem'." in await told(**good, ca_file="/nowhere.pem")
    assert await told(**good, user="banli") == (
        "The mail gateway has no password for its account. Set the environment variable BANLI_SMTP_PASSWORD."
    )
    assert "no address that e-mails come from" in await told(host="mail.example", sender="样本云")
    assert "The sender of company '8002'" in await told(**good, senders={"8002": {"address": "a@b.com\nBcc: c@d.com"}})
    monkeypatch.setenv("MY_PASSWORD", "口令")
    assert "a letter that mail servers do not take" in await told(**good, user="banli", password_env="MY_PASSWORD")
    monkeypatch.setenv("MY_PASSWORD", "secret")
    options = {**good, "user": "banli", "password_env": "MY_PASSWORD", "senders": {"8002": {"name": "样本", "address": "a@b.com"}}}
    assert await told(**options) == ""
    plugin = EmailPlugin({"gateway": "smtp", **options}, home_at(tmp_path, demo=False))
    await plugin.start()
    assert isinstance(plugin.mail(), SmtpGateway) and "secret" not in repr(plugin.mail())


def test_an_e_mail_that_cannot_be_sent_is_an_authors_mistake(tmp_path: Path) -> None:
    """Told by `banli check` with its place."""
    flow = """
title: 样本
login: login
steps: [{form: {id: ask}}, {submit: {text: 已提交}}]
notify:
  submitted:
    - email.send: {id: lines, subject: "样本\\n样本", text: 已提交}
    - email.send: {id: bare, text: 已提交}
    - email.send: {id: odd, subject: 已提交, text: 已提交, html: true}
    - email.send: {id: nobody, to: client.mail, subject: 已提交, text: 已提交}
    - email.send: {id: name, to: client.name, subject: 已提交, text: '{{ client.nam }}'}
    - email.send: {id: good, to: ask.email, subject: '{{ case.number }}', text: 已提交}
"""
    form = "title: 邮箱\nschema: {type: object, properties: {email: {title: 邮箱, type: string, format: email}}}\n"
    known = kinds_with(EmailPlugin({"gateway": "outbox"}, home_at(tmp_path)))
    found = mistakes_of(tmp_path, known, {"flows/trial.yaml": flow, "forms/ask.yaml": form})
    assert [told.partition("flows/trial.yaml:")[2] for told in found] == [
        "7:40: bad-form: '样本\n样本' is not written as it must be here. "
        "What belongs here: what the e-mail is about: one line of at most 120 characters.",
        "8:7: missing-key: 'subject' is missing. Add it: what the e-mail is about: one line of at most 120 characters.",
        "9:54: unknown-key: There is no key 'html' here. There are: id, title, each, refusal, waits_for, when, optional, to, subject, text.",
    ]
    flow = "\n".join(line for line in flow.splitlines() if not any(f"id: {id}," in line for id in ("lines", "bare", "odd")))
    found = mistakes_of(tmp_path, known, {"flows/trial.yaml": flow})
    assert [told.partition("flows/trial.yaml:")[2] for told in found] == [
        "7:36: unknown-client-property: The record on file has no 'mail'.",
        "8:34: not-an-email: 'client.name' is no e-mail address. Name one whose format is email or idn-email.",
        "8:71: unknown-placeholder: Texts know no 'client.nam'. Did you mean 'client.name'?",
    ]


def test_every_word_of_the_page_is_there_in_chinese() -> None:
    assert messages_of("banli_email") == catalogue("banli_email", "zh_CN").keys()


def test_the_settings_are_a_json_schema() -> None:
    schema = {"type": "object", "properties": EmailPlugin.options, "required": list(EmailPlugin.required)}
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator({**schema, "additionalProperties": False})
    assert judge.is_valid({"gateway": "smtp", "host": "a.example", "port": 465, "security": "tls", "senders": {"1": {"address": "a@b.c"}}})
    assert not judge.is_valid({"gateway": "pigeon"})
    assert not judge.is_valid({"gateway": "smtp", "senders": {"1": {"name": "nobody"}}})
