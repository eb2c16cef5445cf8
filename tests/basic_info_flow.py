"""The flow of 「我的基本资料」 in small, and a client who walks it: for the tests of the engine."""

from __future__ import annotations

from dataclasses import replace

from banli.engine import Course, Decision
from banli.expressions import Type
from small_flows import (
    Action,
    AgreementList,
    Journey,
    Listed,
    Option,
    Reason,
    Review,
    Rule,
    SmallBook,
    Step,
    agreement,
    book,
    course,
    flow,
    form,
    question,
)

PHOTO = {"type": "string", "contentMediaType": "image/*", "maxLength": 100}
RANGE = {
    "type": "object",
    "required": ["from", "to"],
    "additionalProperties": False,
    "properties": {
        "from": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "date"},
        "long_term": {"type": "boolean"},
    },
}
PHONE = {"type": "string", "format": "cn-phone"}
CODE = {"type": "string", "pattern": r"^\d{6}$"}
PROVINCE = {"type": "string", "enum": ["410000", "310000"]}
CITY = {"type": "string", "enum": ["410100", "310100"]}
BAD = {"type": "array", "items": {"enum": ["none", "bank", "court"]}, "minItems": 1}

RECORD = {
    "name": "张三",
    "id_front": "old-front",
    "id_back": "old-back",
    "signature": "old-signature",
    "contact_phone": "13800138000",
    "id_validity": {"from": "2016-11-23", "to": "2026-12-01"},
    "province": "410000",
    "city": "410100",
    "bad": ["none"],
}
SCHEMAS = {
    "name": {"type": "string"},
    "id_front": PHOTO,
    "id_back": PHOTO,
    "signature": PHOTO,
    "contact_phone": PHONE,
    "id_validity": RANGE,
    "province": PROVINCE,
    "city": CITY,
    "bad": BAD,
}

UNCHANGED = (Rule("unchanged", "!changed", "您未修改任何信息"),)
FORMS = (
    form("basic_info", question("name", SCHEMAS["name"], prefill="client.name")),
    form(
        "photos",
        question("id_front", PHOTO, required=True, prefill="client.id_front"),
        question("id_back", PHOTO, required=True, prefill="client.id_back"),
        question("signature", PHOTO, required=True, prefill="client.signature"),
    ),
    form(
        "id_validity",
        question("id_validity", RANGE, required=True, prefill="client.id_validity", options={"long_term": "2099-12-31"}),
        refuse=UNCHANGED,
    ),
    form(
        "contact_phone",
        question("contact_phone", PHONE, required=True, prefill="client.contact_phone"),
        question(
            "sms_code",
            CODE,
            kind="otp",
            required=True,
            when='phone_kind(contact_phone) == "mobile"',
            options={"to": "contact_phone", "purpose": "contact_phone"},
        ),
        refuse=UNCHANGED,
    ),
    form(
        "other_info",
        question("province", PROVINCE, required=True, prefill="client.province"),
        question(
            "city",
            CITY,
            required=True,
            prefill="client.city",
            options={"within": "province"},
            choices=(Option("410100", "郑州市", "410000"), Option("310100", "市辖区", "310000")),
        ),
        question(
            "bad",
            BAD,
            required=True,
            prefill="client.bad",
            choices=(Option("none", "无", exclusive=True), Option("bank", "银行"), Option("court", "法院")),
        ),
        refuse=UNCHANGED,
        warn=(Rule("court", '"court" in bad', "请核对"),),
    ),
)
STEPS = (
    Step(
        "overview",
        "overview",
        "基本信息资料",
        options={"form": "basic_info", "edit": ["identity", "phone", "other"], "as": "section"},
    ),
    Step(
        "photos",
        "photos",
        "上传照片",
        options={"clear": {"fields": ["id_front", "id_back"], "when": 'section == "identity"'}},
    ),
    Step("id_validity", "form", "身份证有效期修改", when='section == "identity"'),
    Step("contact_phone", "form", "联系电话修改", when='section == "phone"'),
    Step("other_info", "form", "其他信息修改", when='section == "other"'),
    Step("call", "call", "视频认证", when="!fact.valid", rests_on=()),
    Step("agreements", "agreements", "签署协议", options={"list": "change"}),
    Step("submit", "submit", "申请提交", options={"text": "您的业务已成功提交，正在等待复核"}),
)
REASONS = (
    Reason("front_unclear", "身份证正面照片不清晰", {"photos": ("id_front",)}),
    Reason("back_unclear", "身份证反面照片不清晰", {"photos": ("id_back",)}),
    Reason("phone_wrong", "联系电话有误", {"contact_phone": ("contact_phone",)}),
    Reason("again", "协议需要重新签署", {"agreements": ()}),
    Reason("validity_wrong", "身份证有效期有误", {"id_validity": ("id_validity",)}),
    Reason("call_again", "视频需要重做", {"call": ()}),
)
REJECT = (Reason("not_the_holder", "非本人办理", {}),)
UPDATE = (Action("update", "directory.update", {"fields": "changed"}),)
VERIFIED = {"sms_code": "ok", "id_front": "ok", "id_back": "ok", "signature": "ok"}


def small_book(text: str = "Contract, first text.") -> SmallBook:
    rows = (Listed("contract", "contract"), Listed("risk", "risk"))
    return book(
        FORMS,
        STEPS,
        SCHEMAS,
        agreements=(agreement("contract", text=text), agreement("risk")),
        lists=(AgreementList("change", "协议", rows),),
        facts={"fact.valid": Type("bool", nullable=False)},
    )


def basic_info(levels: int = 1, confirm: bool = False) -> Course:
    steps = (*STEPS[:-1], replace(STEPS[-1], options={**STEPS[-1].options, "confirm": confirm}))
    return course(small_book(), flow(steps, Review(levels, REASONS, REJECT), UPDATE))


def begin(levels: int = 1, confirm: bool = False, valid: bool = True) -> Journey:
    return Journey(basic_info(levels, confirm), RECORD, {"fact.valid": valid})


def choose(section: str, **more: bool) -> Journey:
    """A client who has tapped one of the three edit icons."""
    journey = begin(**more)  # type: ignore[arg-type]
    journey.answer("overview", edit=section)
    return journey


def pass_photos(journey: Journey) -> Decision:
    return journey.answer(
        "photos", VERIFIED, **{name: journey.shown("photos")[name] for name in ("id_front", "id_back", "signature")}
    )


def sign(journey: Journey) -> Decision:
    journey.draft("agreements", read=["contract"])
    journey.draft("agreements", read=["risk"])
    return journey.answer("agreements", agree="true")


def submitted(phone: str = "13900139000", **more: bool) -> Journey:
    """A client who has changed their phone number and waits for the review."""
    journey = choose("phone", **more)
    pass_photos(journey)
    journey.answer("contact_phone", VERIFIED, contact_phone=phone, sms_code="123456")
    sign(journey)
    return journey
