"""People who are not clients yet: through the whole application from the login page to the client that they become."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import yaml

from app_fixtures import BING, JIA, Phone, Town, app_template, photo
from banli.beginnings import Refused
from banli.engine import commands
from banli.limits import TYPED_ADDRESS, slowed
from banli.reviews import Decided
from banli.staff import DEMO_PASSWORD, Member, make_demo_staff, totp_now
from banli.web.watch import set_up_logging
from site_kit import Open, opened

__all__ = ["app_template", "opened"]

OPENING = """
title: 开户
for: newcomers
login: trial_login
steps:
  - overview: {form: trial_who, edit: [person], as: section, title: 核对资料}
  - photos: {form: trial_cards, title: 上传照片}
  - form: {id: more, form: trial_more, title: 其他资料}
  - submit: {text: '{{ client.name }}，已提交', confirm: true}
review:
  levels: 1
  reasons: [{blurred: {text: 照片不清晰, reopen: [photos.id_front]}}]
approved:
  - directory.request: {request: create, title: 开户, refusal: tell}
notify:
  approved:
    - sms.send: {text: '【{{ company.short_name }}】{{ client.name }}，受理单{{ case.number }}已通过'}
states: {open: 填写中, done: 已办结}
"""
NEWCOMER = r"""
title: 登录
schema:
  type: object
  required: [name, id_number, mobile, captcha, sms_code]
  properties:
    name:      {$ref: 'client:name'}
    id_number: {$ref: 'client:id_number'}
    mobile:    {$ref: 'client:contact_mobile'}
    captcha:   {title: 图形验证码, type: string}
    sms_code:  {title: 短信验证码, type: string, pattern: '^\d{6}$'}
layout:
  - name: {prefill: client.name}
  - id_number: {prefill: client.id_number}
  - mobile: {prefill: client.contact_mobile}
  - captcha: {kind: captcha}
  - sms_code: {kind: otp, to: mobile}
"""
WHO = """
title: 您的资料
schema:
  type: object
  properties: {name: {$ref: 'client:name'}, id_number: {$ref: 'client:id_number'}, mobile: {$ref: 'client:contact_mobile'}}
layout:
  - group:
      id: person
      title: 身份
      entries:
        - name: {prefill: client.name}
        - id_number: {prefill: client.id_number}
        - mobile: {prefill: client.contact_mobile}
"""
CARDS = """
title: 上传照片
schema: {type: object, required: [id_front], properties: {id_front: {$ref: 'client:id_front'}}}
layout: [{id_front: {prefill: client.id_front}}]
"""
MORE = """
title: 其他资料
schema:
  type: object
  required: [email]
  properties: {email: {$ref: 'client:email'}, wish: {title: 希望的开户时间, type: string}}
layout: [{email: {prefill: client.email}}, wish]
"""
BOTH = "businesses: [{basic_info_change: {hours: nearly_always}}, {trial_opening: {hours: nearly_always}}]"
SITE = {
    "flows__trial_opening": OPENING, "forms__trial_login": NEWCOMER, "forms__trial_who": WHO, "forms__trial_cards": CARDS, "forms__trial_more": MORE,
    "companies__8001__company": BOTH, "companies__8002__company": "businesses: [{basic_info_change: {hours: working_hours}}]",
}  # fmt: skip
HERE, THERE = "/8001/business/trial_opening", "/8001/business/basic_info_change"
XIN, MOBILE, OTHER = "110101199003070011", "13912345678", "13887654321"
"""Somebody of whom nobody has heard, with two telephones."""
YOUNG = "110101201206010019"
NAME = "样本新"


@pytest.fixture
async def town(opened: Open) -> AsyncIterator[Town]:
    async with opened(**SITE) as town:
        assert [m for m in town.parts.library.mistakes if m.code not in ("translation", "calendar-ends")] == []
        yield town


async def typed(phone: Phone, id_number: str = XIN, mobile: str = MOBILE, **more: str) -> dict[str, str]:
    return {"name": NAME, "id_number": id_number, "mobile": mobile, "captcha": await phone.captcha(), **more}


async def log_in(town: Town, id_number: str = XIN, mobile: str = MOBILE, at: str = HERE, phone: Phone | None = None) -> Phone:
    """From the login page to the first page of the business, or to 我的业务."""
    phone = await (phone or town.phone()).get(at)
    given = await typed(phone, id_number, mobile)
    await phone.post(**given, _code="sms_code")
    assert phone.status == 200, phone.text
    return await phone.post(**given, sms_code=await town.code(), _code=None)


async def fill(phone: Phone) -> str:
    """From the first page to where nothing is left but to submit; the case's number."""
    assert phone.step == "overview", phone.text
    await phone.post(edit="person", _go=None)
    await phone.post(_go="next", files={"id_front.file": photo()})
    assert phone.step == "more", phone.text
    await phone.post(email="xin@example.com", wish="尽快", _go="next")
    assert phone.step == "submit", phone.text
    return phone.number


async def submitted(town: Town, **who: Any) -> str:
    phone = await log_in(town, **who)
    number = await fill(phone)
    await phone.post(_go="next")
    assert phone.step == "", phone.text
    return number


async def decided(town: Town, number: str) -> None:
    await town.decide(number, lambda seen: commands.Approve(actor="staff:r1", seen=seen))
    while await town.parts.worker().run_due():
        pass


def known(held: Any) -> dict[str, Any]:
    """The record with which a case began, but for what is derived from it."""
    derived = {one.name for one in held.edition.record.derived}
    return {name: value for name, value in held.case.record.items() if name not in derived}


# the way


async def test_a_newcomer_comes_in_by_the_number_they_typed_and_becomes_a_client(town: Town) -> None:
    """Nothing on file, no account: a code to the typed mobile, a case with what the login page said, a client after approval."""
    phone = await log_in(town)
    assert phone.step == "overview"
    for words in (NAME, XIN, MOBILE):
        assert words in phone.text
    held = await town.parts.caseload.find(number=phone.number)
    assert known(held) == {"name": NAME, "id_number": XIN, "contact_mobile": MOBILE}
    assert held.case.record["salutation"] == "先生"
    number = await fill(phone)
    for words in ("xin@example.com", "尽快"):
        assert words in phone.text
    await phone.post(_go="next")
    assert f"{NAME}，已提交" in phone.text
    assert "填写的内容" in phone.text
    for words in (NAME, XIN, "xin@example.com", "新照片"):
        assert words in phone.text
    await decided(town, number)
    await phone.get(f"/8001/cases/{number}")
    assert "已办结" in phone.text and "开户 已完成" in phone.text
    person = await town.parts.plugins.directory.find("8001", XIN)
    assert person.accounts == ("futures",)
    assert {k: v for k, v in person.record.items() if k != "id_front"} == {
        "name": NAME, "id_number": XIN, "contact_mobile": MOBILE, "email": "xin@example.com", "accounts": ["futures"],
    }  # fmt: skip
    assert (await town.parts.plugins.directory.picture("8001", person.ref, "id_front")).media_type == "image/jpeg"
    message = (await town.parts.plugins.sms.messages())[0]
    assert (message.phone, message.text) == ("139****5678", f"【远山期货】{NAME}，受理单{number}已通过")
    town.clock.forward(minutes=2)
    client = await town.phone().log_in(XIN)
    assert client.step == "overview"
    for words in (NAME, "xin@example.com"):
        assert words in client.text


async def test_who_is_a_client_already_is_told_so_after_the_review_and_nothing_of_theirs_has_changed(town: Town) -> None:
    before = await town.parts.plugins.directory.find("8001", JIA)
    number = await submitted(town, id_number=JIA)
    await decided(town, number)
    town.clock.forward(minutes=2)
    phone = await log_in(town, JIA, at=f"{HERE}?then=my")
    await phone.get(f"/8001/cases/{number}")
    assert "您已是本公司客户，无需重复办理，请以客户身份登录。" in phone.text
    assert await town.parts.plugins.directory.find("8001", JIA) == before
    assert await town.parts.plugins.directory.effects() == []


async def test_a_returned_case_goes_on_where_it_stands(town: Town) -> None:
    """R-122, R-125: through the login page of this business."""
    number = await submitted(town)
    await town.decide(number, lambda seen: commands.Return(actor="staff:r1", seen=seen, reasons=("blurred",)))
    town.clock.forward(minutes=2)
    phone = await log_in(town, at=f"{HERE}?then=my")
    assert phone.at == "/8001/my"
    assert "照片不清晰" in phone.text
    await phone.get(f"/8001/cases/{number}")
    assert phone.step == "photos"


# the door


async def test_each_missing_or_wrong_thing_is_told_at_its_field(town: Town) -> None:
    """R-032, R-038"""
    phone = await town.phone().get(HERE)
    await phone.post()
    assert (phone.status, phone.page.count('aria-invalid="true"')) == (422, 5)
    given = await typed(phone)
    found = {}
    for what, wrong in {
        "too young": {"id_number": YOUNG}, "a landline": {"mobile": "021-63212345"}, "mistyped": {"id_number": XIN[:-1] + "2"},
        "misread": {"captcha": "1111"},
    }.items():  # fmt: skip
        await phone.post(**{**given, **wrong}, _code="sms_code")
        found[what] = (phone.status, phone.text)
    assert [status for status, _ in found.values()] == [422] * 4
    assert "年满18周岁" in found["too young"][1]
    assert "格式不正确" in found["a landline"][1]
    assert "身份证号有误" in found["mistyped"][1]
    await phone.post(**given, sms_code="123456", _code=None)
    assert "请先获取短信验证码。" in phone.text
    assert await town.parts.plugins.sms.messages() == []


async def test_the_door_asks_no_directory(town: Town) -> None:
    """R-029: a client's number and a stranger's are treated alike, also while the core system is away."""
    await town.parts.plugins.directory.switch(outage=True)
    for who, mobile in ((JIA, MOBILE), (XIN, OTHER)):
        phone = await log_in(town, who, mobile)
        assert phone.step == "overview"


async def test_who_holds_the_phone_but_typed_another_number_meanwhile_does_not_get_in(town: Town) -> None:
    phone = await town.phone().get(HERE)
    given = await typed(phone)
    await phone.post(**given, _code="sms_code")
    sms = await town.code()
    await phone.post(**{**given, "mobile": OTHER}, sms_code=sms, _code=None)
    assert phone.status == 422 and "图形验证码已失效" in phone.text
    for other in ({"mobile": OTHER}, {"id_number": JIA}):
        await phone.get(HERE)
        await phone.post(**{**await typed(phone), **other}, sms_code=sms, _code=None)
        assert phone.status == 422 and "请先获取短信验证码。" in phone.text
    await phone.get(HERE)
    await phone.post(**await typed(phone), sms_code=sms, _code=None)
    assert phone.step == "overview"


# what somebody can try with codes to numbers that they type


async def test_one_captcha_sends_to_one_number(town: Town) -> None:
    """Whoever wants to annoy a town reads a picture for each telephone."""
    phone = await town.phone().get(HERE)
    given = await typed(phone)
    await phone.post(**given, _code="sms_code")
    assert phone.status == 200
    await phone.post(**{**given, "mobile": OTHER}, _code="sms_code")
    assert phone.status == 422 and "图形验证码已失效" in phone.text
    assert len(await town.parts.plugins.sms.messages()) == 1


async def test_a_number_gets_five_codes_a_day_from_newcomers_and_its_owner_can_still_log_in(town: Town) -> None:
    """From whatever addresses, sessions and ID numbers; five of the day's ten are left for the client who has the number."""
    clients = town.parts.clients
    sent = []
    for n in range(6):
        town.clock.forward(minutes=2)
        visit = await clients.arrive("8001")
        await clients.draw(visit)
        visit = await clients.visit(visit.session.token)
        told = {"name": NAME, "id_number": (XIN, JIA)[n % 2], "mobile": "13900010001", "sms_code": ""}
        told["captcha"] = visit.session.data["captcha"]["answer"]
        said = await clients.send_code(visit, "trial_opening", {k: [v] for k, v in told.items()}, f"192.0.2.{n}")
        sent.append(said[0].code if isinstance(said, tuple) else "sent")
    assert sent == ["sent"] * 5 + ["code_capped"]
    town.clock.forward(minutes=2)
    assert (await town.phone().log_in(JIA)).step == "overview"


async def test_an_address_has_so_many_codes_a_day_sent_to_typed_numbers(town: Town) -> None:
    """All but the first and the last of them are only counted, as those were."""
    clients, said = town.parts.clients, []
    for n in (0, 1, *range(298, 302)):
        if n == 298:
            assert [await slowed(town.parts.store, TYPED_ADDRESS, "192.0.2.1") for _ in range(2, n)] == [None] * 296
            town.clock.forward(minutes=11)
        visit = await clients.arrive("8001")
        await clients.draw(visit)
        visit = await clients.visit(visit.session.token)
        told = {"name": NAME, "id_number": XIN, "mobile": f"139{n:08d}", "captcha": visit.session.data["captcha"]["answer"]}
        answer = await clients.send_code(visit, "trial_opening", {k: [v] for k, v in told.items()}, "192.0.2.1")
        said.append(answer[0].code if isinstance(answer, tuple) else "sent")
    assert said == ["sent"] * 4 + ["codes_too_often"] * 2


async def test_a_code_that_went_to_a_typed_number_opens_nothing_that_is_on_file(town: Town) -> None:
    """The number of a client's ID card, and a phone of one's own: on the clients' page that code is none."""
    phone = await town.phone().get(HERE)
    given = await typed(phone, JIA, OTHER)
    await phone.post(**given, _code="sms_code")
    sms = await town.code()
    await phone.get(THERE)
    client = {"id_number": JIA, "account_type": "futures", "captcha": await phone.captcha(), "privacy": "true"}
    await phone.post(**client, sms_code=sms, _code=None)
    assert phone.status == 422 and "请先获取短信验证码。" in phone.text
    await phone.post(**client, _code="sms_code")
    assert phone.status == 200
    await phone.post(**client, sms_code=sms, _code=None)
    assert (phone.status, phone.at) == (422, THERE)


async def test_a_clients_code_lets_no_newcomer_in(town: Town) -> None:
    phone = await town.phone().get(THERE)
    client = {"id_number": JIA, "account_type": "futures", "captcha": await phone.captcha()}
    await phone.post(**client, _code="sms_code")
    sms = await town.code()
    await phone.get(HERE)
    await phone.post(**await typed(phone, JIA, "13900010001"), sms_code=sms, _code=None)
    assert phone.status == 422 and "请先获取短信验证码。" in phone.text


# what a newcomer reaches


async def test_with_a_clients_id_number_a_newcomer_sees_nothing_of_the_client(town: Town) -> None:
    """Not the record, no photo, no case; neither by page nor by address."""
    client = await town.phone().log_in(JIA)
    theirs = client.number
    held = await town.parts.caseload.find(number=theirs)
    file = next(value for name, value in held.case.record.items() if name == "id_front")
    phone = await log_in(town, JIA, OTHER)
    for secret in ("样本甲", "13900010001", "jia@example.com", "河南省"):
        assert secret not in phone.page
    own = phone.number
    assert known(await town.parts.caseload.find(number=own)) == {"name": NAME, "id_number": JIA, "contact_mobile": OTHER}
    await phone.get("/8001/my")
    assert own in phone.text and theirs not in phone.text
    for path in ("", "/overview", "/photos", "/state", "/abandon", f"/files/{file}"):
        assert (await phone.get(f"/8001/cases/{theirs}{path}")).status == 404
    assert (await phone.get(f"/8001/cases/{own}/files/{file}")).status == 404
    await client.get("/8001/my")
    assert theirs in client.text and own not in client.text
    for path in ("", "/overview", "/state"):
        assert (await client.get(f"/8001/cases/{own}{path}")).status == 404


async def test_a_clients_photo_answers_no_field_of_a_newcomer(town: Town) -> None:
    client = await town.phone().log_in(JIA)
    held = await town.parts.caseload.find(number=client.number)
    phone = await log_in(town, JIA, OTHER)
    await phone.post(edit="person", _go=None)
    await phone.post(id_front=held.case.record["id_front"], _go="next")
    assert (phone.status, phone.step) == (422, "photos")


async def test_the_same_number_with_another_phone_is_somebody_else(town: Town) -> None:
    mine, theirs = await log_in(town), await log_in(town, mobile=OTHER)
    assert mine.number != theirs.number
    assert (await theirs.get(f"/8001/cases/{mine.number}")).status == 404
    await theirs.get("/8001/my")
    assert mine.number not in theirs.text


async def test_one_open_business_at_a_time(town: Town) -> None:
    """R-118: of a newcomer as of a client."""
    number = (await log_in(town)).number
    town.clock.forward(minutes=2)
    phone = await log_in(town)
    assert phone.at == "/8001/my"
    assert "您有待完成业务" in phone.text and number in phone.text


async def test_a_newcomer_is_not_inside_for_clients_and_a_client_not_for_newcomers(town: Town) -> None:
    """Each gets the login page of the other sort; logging in there makes them somebody else, with a new session."""
    phone = await log_in(town)
    first = session(phone)
    await phone.get(THERE)
    assert "马上登录" in phone.text and 'name="account_type"' in phone.page
    await phone.post("/8001/start/basic_info_change")
    assert phone.at == THERE
    begun = await town.parts.cases.start(await town.parts.clients.visit(first), "basic_info_change")
    assert isinstance(begun, Refused) and [p.code for p in begun.problems] == ["other_login"]
    town.clock.forward(minutes=2)
    await phone.log_in(BING)
    assert phone.step == "overview" and session(phone) != first
    assert await town.parts.clients.visit(first) is None
    await phone.get(HERE)
    assert "马上登录" in phone.text and 'name="mobile"' in phone.page
    visit = await town.parts.clients.visit(session(phone))
    begun = await town.parts.cases.start(visit, "trial_opening")
    assert isinstance(begun, Refused) and [p.code for p in begun.problems] == ["other_login"]


async def test_a_newcomer_who_is_inside_begins_again_without_a_second_login(town: Town) -> None:
    phone = await log_in(town)
    visit = await town.parts.clients.visit(session(phone))
    assert visit.newcomer and (visit.id_number, visit.ref) == ("", "")
    seen = (await town.parts.caseload.find(number=phone.number)).case.revision
    await town.parts.cases.abandon(visit, phone.number, seen)
    await phone.get(HERE)
    assert "马上登录" not in phone.text
    await phone.post("/8001/start/trial_opening")
    assert phone.step == "overview"


async def test_somebody_who_makes_up_id_numbers_is_counted_by_their_phone(town: Town) -> None:
    """Cases are kept for years, and each code costs: many numbers with one phone are one visitor."""
    first = await log_in(town)
    town.clock.forward(minutes=2)
    second = await log_in(town, JIA)
    visits = [await town.parts.clients.visit(session(phone)) for phone in (first, second)]
    assert visits[0].client != visits[1].client
    assert visits[0].counted == visits[1].counted


# my business


async def test_the_way_to_what_one_has_begun_is_there_for_both(town: Town) -> None:
    """R-117: the clients' page first, with a link to that of newcomers and back."""
    phone = await town.phone().get("/8001/my")
    assert phone.at == THERE
    assert "还不是本公司客户？请从「开户」登录，查看您提交的申请" in phone.text
    assert 'href="/8001/business/trial_opening?then=my"' in phone.page
    await phone.get(f"{HERE}?then=my")
    assert "已是本公司客户？请从这里登录" in phone.text
    assert "已是本公司客户" not in (await phone.get(HERE)).text
    assert "还不是本公司客户" not in (await phone.get("/8002/my")).text


async def test_a_newcomer_who_was_idle_is_led_to_their_own_login_page(town: Town) -> None:
    phone = await log_in(town)
    at = phone.at
    town.clock.forward(minutes=31)
    await phone.get(at)
    assert phone.at == HERE
    assert "为了您的账户安全，登录已退出。" in phone.text
    await log_in(town, at=f"{HERE}?then=my", phone=phone)
    await phone.get(at)
    assert phone.step == "overview"


async def test_when_the_business_is_no_longer_offered_what_was_begun_is_still_reached(town: Town) -> None:
    """Whether the business was ever published or not."""
    number = (await log_in(town)).number
    company = town.parts.site.definitions / "companies" / "8001" / "company.yaml"
    told = yaml.safe_load(company.read_text(encoding="utf-8"))
    company.write_text(yaml.safe_dump({**told, "businesses": told["businesses"][:1]}, allow_unicode=True), encoding="utf-8")
    library = town.parts.library
    town.parts.editions.renew(type(library).read(town.parts.site.definitions, library.kinds))
    phone = await town.phone().get(HERE)
    assert (phone.status, phone.at) == (404, HERE)
    await phone.get("/8001/my")
    assert "还不是本公司客户？请从「开户」登录" in phone.text
    town.clock.forward(minutes=2)
    await log_in(town, at=f"{HERE}?then=my", phone=phone)
    assert phone.at == "/8001/my" and number in phone.text
    await phone.get(f"/8001/cases/{number}")
    assert phone.step == "overview"
    await fill(phone)
    await phone.post(_go="next")
    assert phone.step == "", phone.text
    assert (await town.phone().get("/8001/business/never_was?then=my")).status == 404


def session(phone: Phone) -> str:
    return str(next(one.value for one in phone.client.cookie_jar if one.name == "banli"))


# at rest


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    written = io.StringIO()
    set_up_logging(written)
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    structlog.reset_defaults()


async def test_database_and_log_hold_neither_number_nor_phone_nor_name(log: io.StringIO, opened: Open) -> None:
    """3.11: sealed as all else."""
    async with opened(**SITE) as town:
        number = await submitted(town)
        await town.phone().get(HERE)
        phone = await town.phone().get(HERE)
        await phone.post(**await typed(phone, YOUNG, OTHER), _code="sms_code")
        await decided(town, number)
        var: Path = town.parts.site.var
        kept = {
            str(path.relative_to(var)): path.read_bytes()
            for path in var.rglob("*") if path.is_file() and var / "plugins" not in path.parents
        }  # fmt: skip
    kept["log"] = log.getvalue().encode()
    assert any(name.startswith("banli.db") for name in kept) and b"under_age" in kept["log"]
    secrets = (XIN, MOBILE, NAME, YOUNG, OTHER, "xin@example.com")
    found = [(name, secret) for name, content in kept.items() for secret in secrets if secret.encode() in content]
    assert found == []


# the desk


async def test_a_reviewer_sees_all_of_a_newcomer_as_new(town: Town) -> None:
    """Nothing on file to compare with; masked until the case is taken; the number that was proved is told."""
    number = await submitted(town)
    accounts = await make_demo_staff(town.parts.staff, ["8001"])
    secret = next(one.totp_secret for one in accounts if one.login == "reviewer1")
    phone = await town.phone().get("/desk")
    code = totp_now(secret, town.clock())
    await phone.post("/desk", company="8001", login="reviewer1", password=DEMO_PASSWORD, code=code)
    await phone.get(f"/desk/cases/{number}")
    assert "新客户资料 公司尚无此人的登记资料，以下各项均为新填写。" in phone.text
    assert (phone.page.count('class="old"'), phone.page.count('class="new"')) == (0, 4)
    assert all(secret not in phone.page for secret in (XIN, MOBILE, NAME))
    row = await town.parts.store.staff_by_login("8001", "reviewer1")
    office = await town.parts.store.new_session("staff", "8001", row.id, {}, lasts=timedelta(hours=1))
    member = Member(row.id, "8001", "reviewer1", row.name, row.roles, office)
    masked = await town.parts.reviews.dossier(member, number)
    assert (masked.newcomer, masked.full) == (True, False)
    assert XIN not in repr([(row.before, row.after) for row in masked.rows])
    assert isinstance(await town.parts.reviews.claim(member, number, masked.revision), Decided)
    shown = await town.parts.reviews.dossier(member, number)
    assert shown.client == NAME
    assert [(row.title, row.before, row.after, row.changed) for row in shown.rows] == [
        ("姓名", (), (NAME,), True), ("身份证号", (), (XIN,), True), ("联系手机", (), (MOBILE,), True),
        ("电子邮箱", (), ("xin@example.com",), True),
    ]  # fmt: skip
    assert [(row.title, row.after) for row in shown.answers] == [("希望的开户时间", ("尽快",))]
    assert [(shot.title, shot.before, bool(shot.after)) for shot in shown.shots] == [("身份证正面", "", True)]
    assert [(proof.title, proof.to) for proof in shown.proofs] == [("联系手机", MOBILE)]
