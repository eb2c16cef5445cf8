"""Scenarios: a story that is told in YAML is played by the engine, and what comes otherwise is told with its place."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from banli.definitions.kinds import InquiryShape
from banli.definitions.library import Library
from banli.plugins import Plugins
from banli.scenarios.checking import check_all
from banli.scenarios.coverage import Coverage
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import Outcome, chosen, run_all
from definition_kinds import KINDS

SITE = Path(__file__).parent / "broken" / "_site" / "definitions"
HEAD = """title: 改电话
business: change
at: 2026-11-24T10:00
client: {name: 样本甲, id_number: '410105199508130039', phone: '13800000000', education: bachelor}
story:
"""
TO_AGREEMENTS = """  - start
  - overview: {edit: reach}
  - phone: {phone: '13900000000', sms_code: ok}
"""
OPENING = {
    "flows/change.yaml": """title: 开户
for: newcomers
login: login
steps:
  - overview: {form: overview, edit: [who], as: section}
  - form: {id: address}
  - submit: {text: '{{ client.name }}{{ client.salutation }}，已提交'}
approved:
  - directory.update: {fields: changed}
""",
    "forms/login.yaml": """title: 登录
schema:
  type: object
  required: [name, id_number, mobile, captcha, sms_code]
  properties:
    name:      {$ref: 'client:name'}
    id_number: {$ref: 'client:id_number'}
    mobile:    {title: 手机, type: string, format: cn-mobile}
    captcha:   {title: 图形验证码, type: string}
    sms_code:  {title: 验证码, type: string}
layout:
  - name: {prefill: client.name}
  - id_number: {prefill: client.id_number}
  - mobile: {prefill: client.phone}
  - captcha: {kind: captcha}
  - sms_code: {kind: otp, to: mobile}
""",
}
"""The small site's business for people of whom nothing is on file."""
SUBMITTED = TO_AGREEMENTS + "  - agreements: {read: all, agree: true}\n"


class Told:
    """A small site whose stories are written by the test."""

    def __init__(self, folder: Path) -> None:
        self.definitions = folder / "definitions"
        shutil.copytree(SITE, self.definitions)
        self.kinds = KINDS

    def write(self, name: str, text: str) -> None:
        path = self.definitions / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *patterns: str, company: str = "1001") -> list[Outcome]:
        assert [str(mistake) for mistake in check_all(self.definitions, self.kinds)] == []
        library = Library.read(self.definitions, self.kinds)
        self.tales, _ = read_tales(self.definitions)
        self.stage, self.seen = Stage(library, self.kinds, Plugins([])), Coverage(self.kinds)
        return list(run_all(chosen(self.tales, self.stage, patterns, company), self.stage, self.tales, self.seen.heard))

    def story(self, text: str, company: str = "1001") -> str:
        """What is told of one story, "" when it goes as told."""
        self.write("scenarios/story.yaml", text if text.startswith("title:") else HEAD + text)
        (outcome,) = self.run(company=company)
        return f"{outcome.place}: {outcome.what}" if outcome.what else ""


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def test_a_whole_way_from_the_menu_to_the_core_system_goes_as_told(told: Told) -> None:
    story = """  - start
  - expect: {state: open, step: overview, steps: [overview, agreements, submit]}
  - overview: {edit: reach}
    expect: {knows: {section: reach, phone.phone: null}, step: phone, steps: [overview, phone, agreements, submit], shows: {phone: '13800000000'}, asks: [sms_code]}
  - phone: {phone: 139 0000 0000, sms_code: ok}
    expect: {step: agreements, agreements: [terms, risk], unread: [terms, risk]}
  - agreements: {read: [terms], agree: true}
    expect: {problems: {read: read_first}, unread: [risk]}
  - agreements: {read: all}
    expect: {state: submitted, changes: {phone: '13900000000'}, text: 尊敬的样本甲，已提交}
  - claim: reviewer_a
    expect: {state: in_review}
  - return: {reasons: [phone_wrong], remark: 打不通}
    expect: {state: returned, step: phone, reopened: [phone.phone], text: [电话有误, 打不通]}
  - phone: {sms_code: ok}
    expect: {warnings: [nothing_corrected]}
  - confirm: [nothing_corrected]
    expect: {state: submitted}
  - claim: reviewer_b
  - approve
  - deliver: {directory.update: {later: timeout}}
    expect: {state: delivering, deliveries: {directory.update: 'later:timeout'}}
  - deliver: {directory.update: done}
    expect: {state: done}
"""
    assert told.story(story) == ""


def test_what_comes_otherwise_is_told_with_place_and_where_the_case_stands(told: Told) -> None:
    told.write("scenarios/story.yaml", HEAD + TO_AGREEMENTS + "  - expect: {state: open, step: phone}\n")
    (outcome,) = told.run()
    assert f"{outcome.place}: {outcome.what}" == (
        "definitions/scenarios/story.yaml:9:27: Expected the page: phone. Came: agreements."
    )
    assert outcome.stands == (
        "case of change at 1001: open, 2026-11-24 10:00",
        "   overview (overview): done: always asked; answered 2026-11-24T10:00",
        "   phone (form): done: when 'section == \"reach\"' is true (section = 'reach'); answered 2026-11-24T10:00",
        "   address (form): skipped: not asked: 'section == \"who\"' is not true (section = 'reach')",
        "-> agreements (agreements): todo: always asked; not answered yet",
        "   submit (submit): todo: always asked; not answered yet",
    )
    assert (outcome.steps, outcome.good) == (3, False)


FAILS = {
    "an answer that is refused without the story saying so": (
        "  - start\n  - overview: {edit: reach}\n  - phone: {phone: '13900000000'}\n  - agreements: {agree: true}\n",
        ":8:5: This was refused (sms_code: required), and the story does not expect it.",
    ),
    "a refusal at the very end": (
        "  - start\n  - withdraw\n",
        ":7:5: This was refused (the whole page: not_now), and the story does not expect it.",
    ),
    "an expected refusal that does not come": (
        "  - start\n  - overview: {edit: reach}\n    expect: {refused: choose_group}\n",
        ":8:5: Expected a refusal: the whole page: choose_group. Came: nothing was refused.",
    ),
    "one problem more than expected": (
        "  - start\n  - overview: {edit: who}\n  - address: {}\n    expect: {problems: {province: required}}\n",
        ":9:5: Expected a refusal: province: required. Came: city: required, province: required.",
    ),
    "an answer to a question that is hidden": (
        "  - start\n  - overview: {edit: reach}\n  - phone: {phone: 021-63212345, sms_code: ok}\n",
        ":8:34: 'sms_code' is not asked here.",
    ),
    "a deed before the start": ("  - overview: {edit: reach}\n", ":6:5: 'overview' comes before the case has begun."),
    "a confirmation that nobody asks for": (
        "  - start\n  - confirm: [nothing_corrected]\n",
        ":7:5: Nobody asks whether 'nothing_corrected' is right. There is nothing to confirm.",
    ),
    "an agreement that is not on this client's list": (
        (HEAD + TO_AGREEMENTS).replace("bachelor", "master") + "  - agreements: {read: [terms, risk], agree: true}\n",
        ":9:32: 'risk' is not among the agreements here.",
    ),
    "other changes": (
        SUBMITTED + "  - expect: {changes: {phone: '13900000001'}}\n",
        ":10:14: Expected the changes, 'phone': 13900000001. Came: 13900000000.",
    ),
    "changes that are not expected": (
        SUBMITTED + "  - expect: {changes: {}}\n",
        ":10:14: Expected the changes not to name 'phone': none. Came: 13900000000.",
    ),
    "words that are not on the page": (
        SUBMITTED + "  - expect: {text: 样本乙}\n",
        ":10:14: Expected to be read: 样本乙. Came: 尊敬的样本甲，已提交.",
    ),
    "a value that conditions know otherwise": (
        "  - start\n  - overview: {edit: reach}\n    expect: {knows: {section: who}}\n",
        ":8:14: Expected 'section' to be: who. Came: reach.",
    ),
    "a field that shows something else": (
        "  - start\n  - overview: {edit: reach}\n    expect: {shows: {phone: '13811111111'}}\n",
        ":8:14: Expected 'phone' to show: 13811111111. Came: 13800000000.",
    ),
    "a question that is asked after all": (
        "  - start\n  - overview: {edit: reach}\n    expect: {hides: [sms_code]}\n",
        ":8:14: 'sms_code' is asked on this page.",
    ),
    "a clock that goes back": (
        "  - start\n  - clock: 2026-11-24T09:59\n",
        ":7:5: The clock stands at 2026-11-24T10:00 and only goes forward.",
    ),
    "a page where there is none": (
        SUBMITTED + "  - draft: {reason: 其他}\n",
        ":10:5: The client has no page open now.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILS)
def test_an_author_is_told_of(told: Told, what: str) -> None:
    story, expected = FAILS[what]
    assert told.story(story) == f"definitions/scenarios/story.yaml{expected}"


GOES = {
    "a page keeps what was typed when it was refused, and a question that is not named": (
        TO_AGREEMENTS.replace("sms_code: ok", "sms_code: wrong, reason: 换号")
        + "    expect: {problems: {sms_code: code_wrong}}\n  - phone: {sms_code: ok}\n    expect: {step: agreements}\n"
        + "  - open: phone\n    expect: {shows: {reason: 换号, phone: '13900000000'}}\n"
    ),
    "what was refused is there again when the client comes back to the page": (
        "  - start\n  - overview: {edit: reach}\n  - phone: {phone: 打不通, reason: 换号}\n    expect: {problems: {phone: phone_characters}}\n"
        "  - open: overview\n  - overview: {edit: reach}\n    expect: {step: phone, shows: {phone: 打不通, reason: 换号}}\n"
    ),
    "codes are right, wrong or too old as the world has it, and a typed one was sent by nobody": (
        "  - start\n  - overview: {edit: reach}\n  - phone: {phone: '13900000000', sms_code: expired}\n"
        "    expect: {problems: {sms_code: code_expired}}\n  - phone: {sms_code: 123456}\n"
        "    expect: {problems: {sms_code: code_wrong}}\n  - phone: {sms_code: 12}\n    expect: {problems: {sms_code: pattern}}\n"
    ),
    "null empties a question, and what is no value of it is typed as it stands": (
        "  - start\n  - overview: {edit: reach}\n  - phone: {phone: null}\n    expect: {problems: {phone: required}}\n"
        "  - phone: {phone: 打不通}\n    expect: {problems: {phone: phone_characters}}\n"
    ),
    "the keys of an entry happen in their order": (
        "  - start:\n    overview: {edit: reach}\n    expect: {step: phone}\n    phone: {phone: 021-63212345}\n"
        "    open: overview\n  - expect: {step: overview}\n"
    ),
    "a draft and going back lose nothing": (
        "  - start\n  - overview: {edit: reach}\n  - draft: {reason: 半}\n  - back: {reason: 半句话}\n    expect: {step: overview}\n"
        "  - overview: {edit: reach}\n    expect: {shows: {reason: 半句话}}\n"
    ),
    "a page from before the last change has no effect": (
        TO_AGREEMENTS + "  - old_page: {overview: {edit: who}}\n    expect: {refused: changed_meanwhile, step: agreements}\n"
        "  - old_page: abandon\n    expect: {refused: changed_meanwhile, state: open}\n"
    ),
    "a later page cannot be opened by its address": (
        "  - start\n  - open: agreements\n    expect: {refused: step_not_open, step: overview}\n"
    ),
    "nobody comes in after hours, and who is inside then gets no further": (
        "  - start\n  - clock: +7h\n  - overview: {edit: reach}\n    expect: {refused: service_closed}\n  - abandon\n"
        "  - start:\n    expect: {refused: service_closed}\n  - clock: 2026-11-25T08:30+08:00\n  - start\n"
    ),
    "a case that nobody goes on with expires by itself": (
        "  - start\n  - clock: +29d\n    expect: {state: open}\n  - clock: +1440m\n    expect: {state: expired}\n"
    ),
    "one case at a time, and who gives it up may begin anew": (
        "  - start\n  - start:\n    expect: {refused: open_business_exists}\n  - abandon\n  - start\n    \n  - expect: {state: open}\n"
    ),
    "a reviewer holds a case for as long as the lease, then another may take it": (
        SUBMITTED + "  - claim: ann\n  - claim: bob\n    expect: {refused: claimed_by_other}\n  - clock: +31m\n  - claim: bob\n"
        "  - approve: ann\n    expect: {refused: claimed_by_other}\n  - release\n  - withdraw\n  - expect: {state: open}\n"
    ),
    "a refused delivery is tried again by a person": (
        SUBMITTED + "  - claim: ann\n  - approve\n  - deliver: {directory.update: {failed: no_such_client}}\n"
        "    expect: {deliveries: {directory.update: 'failed:no_such_client'}}\n  - deliver: {directory.update: again}\n"
        "  - deliver: {directory.update: done}\n    expect: {state: done}\n"
    ),
    "the door keeps out who is too young": (
        HEAD.replace("199508130039", "201206010018").replace("410105", "440103") + "  - start:\n    expect: {refused: under_age}\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", GOES)
def test_in_a_story(told: Told, what: str) -> None:
    assert told.story(GOES[what]) == ""


def test_all_stories_run_also_when_one_fails(told: Told) -> None:
    told.write("scenarios/a.yaml", HEAD + "  - start\n  - expect: {step: phone}\n")
    told.write("scenarios/deep/b.yaml", HEAD + SUBMITTED)
    told.write("scenarios/c.yaml", HEAD + "  - expect: {state: done}\n")
    assert [(one.scenario.id, one.company, one.good) for one in told.run(company="")] == [
        ("a", "1001", False), ("c", "1001", False), ("deep/b", "1001", True),
        ("a", "1002", False), ("c", "1002", False), ("deep/b", "1002", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "pattern, ids",
    [
        ("b", ["deep/b"]),
        ("deep/*", ["deep/b"]),
        ("a.yaml", ["a"]),
        ("change", ["a", "deep/b"]),
        ("电话", ["a", "deep/b"]),
        ("x", []),
    ],
)
def test_an_author_picks_stories_by_id_file_business_or_title(told: Told, pattern: str, ids: list[str]) -> None:
    told.write("scenarios/a.yaml", HEAD + "  - start\n")
    told.write("scenarios/deep/b.yaml", HEAD + "  - start\n")
    assert [one.scenario.id for one in told.run(pattern)] == ids


def test_a_companys_own_story_and_sample_client_stand_in_for_those_of_the_base(told: Told) -> None:
    head = HEAD.replace("{name: 样本甲, id_number: '410105199508130039', phone: '13800000000', education: bachelor}", "jia")
    told.write("scenarios/a.yaml", head + "  - start\n  - overview: {edit: reach}\n    expect: {shows: {phone: '13800000000'}}\n")
    told.write("scenarios/clients/jia.yaml", "name: 样本甲\nphone: '13800000000'\n")
    told.write("companies/1002/scenarios/clients/jia.yaml", "name: 样本甲\nphone: '13822222222'\n")
    told.write("scenarios/b.yaml", head.replace("jia", "{like: jia, phone: null}") + "  - start\n")
    told.write("companies/1002/scenarios/b.yaml", head + "  - start\n  - expect: {step: phone}\n")
    assert [(one.scenario.id, one.company, one.what) for one in told.run(company="")] == [
        ("a", "1001", ""),
        ("b", "1001", ""),
        ("a", "1002", "Expected 'phone' to show: 13800000000. Came: 13822222222."),
        ("b", "1002", "Expected the page: phone. Came: overview."),
    ]


def test_what_is_wrong_at_one_company_only_says_at_which(told: Told) -> None:
    told.write(
        "companies/1002/flows/change.yaml",
        "steps:\n  - phone: {id: phone, remove: true}\nreview: {reasons: [phone_wrong: {remove: true}]}\n",
    )
    told.write("scenarios/a.yaml", HEAD + TO_AGREEMENTS)
    assert [str(mistake) for mistake in check_all(told.definitions, KINDS) if "scenarios" in mistake.place.file] == [
        "definitions/scenarios/a.yaml:8:5: unknown-step: At company 1002: There is no step 'phone'."
    ]


def test_while_definitions_are_wrong_only_the_shape_of_stories_is_looked_at(told: Told) -> None:
    told.write("hours/night.yaml", "calendar: chna\nwindows: {mon-fri: '08:00-09:00'}\n")
    told.write("scenarios/a.yaml", HEAD + "  - fone: {}\n")
    told.write("scenarios/b.yaml", "title: 空\n")
    found = [(mistake.place.file, mistake.code) for mistake in check_all(told.definitions, KINDS)]
    assert found == [
        ("definitions/hours/night.yaml", "unknown-calendar"),
        *[("definitions/scenarios/b.yaml", "missing-key")] * 4,
    ]


def test_the_site_runs_although_a_story_is_wrong(told: Told) -> None:
    told.write("scenarios/a.yaml", "title: [")
    library = Library.read(told.definitions, KINDS)
    assert library.mistakes == ()
    assert library.bundle("1001", "change")["business"]["id"] == "change"
    assert [mistake.code for mistake in check_all(told.definitions, KINDS)] == ["no-value"]


def test_coverage_names_the_steps_branches_rules_reasons_and_options_that_no_story_touches(told: Told) -> None:
    told.write("scenarios/a.yaml", HEAD + SUBMITTED)
    told.run()
    assert told.seen.of(told.stage.issue("1001", "change")) == {
        "steps": (["overview", "phone", "agreements", "submit"], ["address"]),
        "branches": (
            [
                'step phone, when: section == "reach" is true',
                'form phone, sms_code: phone_kind(phone) == "mobile" is true',
                'step address, when: section == "who" is not true',
                'list change, risk: client.education != "master" is true',
            ],
            [
                'step phone, when: section == "reach" is not true',
                'form phone, sms_code: phone_kind(phone) == "mobile" is not true',
                'step address, when: section == "who" is true',
                'list change, risk: client.education != "master" is not true',
            ],
        ),
        "rules": ([], ["form phone: unchanged"]),
        "reasons": ([], ["return phone_wrong"]),
        "options": (["overview: reach"], ["overview: who"]),
        "actions": ([], ["directory.update"]),
    }


def test_stories_that_touch_everything_leave_nothing_to_name(told: Told) -> None:
    told.write("scenarios/a.yaml", HEAD + SUBMITTED.replace("  - agreements", "  - open: phone\n  - phone: {phone: '13800000000', sms_code: ok}\n    expect: {refused: unchanged}\n  - phone: {phone: 021-63212345}\n  - agreements") + (
        "  - claim: ann\n  - return: [phone_wrong]\n  - phone: {phone: '13911111111', sms_code: ok}\n"
        "  - agreements: {agree: true}\n  - claim: ann\n  - approve\n  - deliver: {directory.update: done}\n"
    ))  # fmt: skip
    told.write("scenarios/b.yaml", HEAD.replace("bachelor", "master") + (
        "  - start\n  - overview: {edit: who}\n  - address: {province: '41', city: '4101'}\n"
        "  - agreements: {read: all, agree: true}\n"
    ))  # fmt: skip
    assert [one.what for one in told.run()] == ["", ""]
    touched = told.seen.of(told.stage.issue("1001", "change"))
    assert [name for _, missed in touched.values() for name in missed] == []


def test_a_form_that_two_businesses_share_is_touched_by_the_stories_of_both(told: Told) -> None:
    told.write("flows/second.yaml", "title: 换号\nlogin: login\nsteps:\n  - form: {id: phone}\n  - submit: {text: 已提交}\n")
    told.write(
        "companies/1001/company.yaml", "name: 甲公司\nhotline: 400-000-1001\nbusinesses: [change: {hours: day}, second: {hours: day}]\n"
    )
    told.write("scenarios/a.yaml", HEAD + (
        "  - start\n  - overview: {edit: reach}\n  - phone: {phone: '13800000000', sms_code: ok}\n    expect: {refused: unchanged}\n"
    ))  # fmt: skip
    told.write("scenarios/b.yaml", HEAD.replace("business: change", "business: second") + "  - start\n  - phone: {phone: 021-63212345}\n")
    assert [one.what for one in told.run()] == ["", ""]
    change, second = (told.seen.of(told.stage.issue("1001", name)) for name in ("change", "second"))
    assert (second["rules"], second["steps"]) == ((["form phone: unchanged"], []), (["phone", "submit"], []))
    assert change["steps"] == (["overview"], ["phone", "address", "agreements", "submit"])
    assert 'form phone, sms_code: phone_kind(phone) == "mobile" is not true' in change["branches"][0]


def test_another_system_a_page_to_read_and_an_action_for_each_item_are_told_in_a_story(told: Told) -> None:
    """Inquiries answer as the story says; `again` leads back; each item of an answer has its own delivery."""
    told.write("flows/change.yaml", """title: 销户
login: login
steps:
  - inquiry:
      id: account
      ask: core.account
      must:
        - {code: no_positions, when: account.positions == 0, text: 没有持仓, cure: 请先平仓}
  - form: {id: cards, form: cards}
  - notice: {text: '您选择了{{ cards.banks }}', again: {steps: [cards], button: 重新填写, most: 1}}
  - submit: {text: 已提交}
review: {levels: 0}
approved:
  - directory.update: {fields: changed, id: closing, each: cards.banks}
notify:
  done:
    - directory.update: {fields: all, id: told_done}
""")  # fmt: skip
    told.write("forms/cards.yaml", """title: 银行
schema:
  type: object
  required: [banks]
  properties: {banks: {title: 银行, type: array, items: {type: string, enum: [icbc, bocom]}}}
""")  # fmt: skip
    told.kinds = replace(
        KINDS, inquiries={"core.account": InquiryShape("core.account", answers={"positions": {"type": "integer"}})}
    )
    head = HEAD.replace("phone:", "education:").replace("education: '13800000000', ", "")
    assert (
        told.story(
            head
            + """  - start
  - account: {answers: unavailable}
    expect: {refused: inquiry_unavailable}
  - account: {answers: {positions: 2}}
    expect: {problems: {no_positions: must}, text: 请先平仓}
  - account: {answers: {positions: 0}}
    expect: {step: cards}
  - cards: {banks: [icbc, bocom]}
    expect: {step: notice}
  - notice: {again: true}
    expect: {step: cards}
  - cards: {banks: [icbc]}
  - notice: {again: true}
    expect: {refused: no_more_again}
  - cards: {banks: [icbc, bocom]}
  - notice: {}
    expect: {state: delivering, deliveries: {'closing[icbc]': waiting}}
  - deliver: {'closing[icbc]': done, 'closing[bocom]': {failed: blocked}}
    expect: {state: delivering, deliveries: {'closing[bocom]': 'failed:blocked'}}
  - deliver: {'closing[bocom]': again}
  - deliver: {'closing[bocom]': done}
    expect: {state: done}
"""
        )
        == ""
    )
    assert told.story(head + "  - start\n  - account: {}\n") == (
        "definitions/scenarios/story.yaml:7:5: The story does not say what the inquiry 'core.account' answers. "
        "Write answers: {…} in the step."
    )


def test_rows_are_told_as_lists_of_maps(told: Told) -> None:
    told.write("flows/change.yaml", """title: 银行卡
login: login
steps:
  - form: {id: cards}
  - submit: {text: 已提交}
review: {levels: 0}
""")  # fmt: skip
    told.write("forms/cards.yaml", """title: 银行卡
schema:
  type: object
  required: [cards]
  properties:
    cards:
      title: 银行卡
      type: array
      maxItems: 2
      items:
        type: object
        required: [bank, branch]
        properties: {bank: {title: 银行, enum: [icbc, bocom]}, branch: {title: 网点, type: string}}
""")  # fmt: skip
    head = HEAD.replace("phone:", "education:").replace("education: '13800000000', ", "") + "  - start\n"
    assert (
        told.story(
            head
            + """  - cards: {cards: [{bank: bocom, branch: 二支行}, {bank: icbc}]}
    expect: {problems: {cards.1.branch: required}, shows: {cards: [{bank: bocom, branch: 二支行}, {bank: icbc}]}}
  - cards: {cards: [{bank: icbc, branch: 一支行}]}
    expect: {state: done}
"""
        )
        == ""
    )


def test_of_a_newcomer_a_case_knows_only_what_the_login_page_asks(told: Told) -> None:
    """The story may tell more of them; who is too young is refused, an account is not needed."""
    for name, text in OPENING.items():
        told.write(name, text)
    assert told.story("""  - start
  - expect: {step: overview, knows: {client.name: 样本甲, client.phone: '13800000000', client.education: null, client.salutation: 先生}}
  - overview: {edit: who}
  - address: {province: '41', city: '4101', education: bachelor}
    expect: {state: submitted, changes: {education: bachelor}, text: 样本甲先生，已提交}
""") == ""
    young = HEAD.replace("410105199508130039", "110101201206010019")
    assert told.story(young + "  - start:\n    expect: {refused: under_age}\n") == ""
