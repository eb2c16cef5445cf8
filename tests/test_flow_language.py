"""What a flow can say beyond forms: scores, notices with another try, questions to other systems, parts, runs for each item."""

from __future__ import annotations

from banli.engine import commands
from pocket import mistakes, walk

SUBMIT = "  - submit: {text: 已提交}\n"
QUIZ = """title: 问卷
schema:
  type: object
  required: [age, aim, goods]
  properties:
    age:  {title: 年龄, type: string, enum: [young, old]}
    aim:  {title: 目标, type: string, enum: [keep, grow]}
    goods: {title: 品种, type: array, minItems: 1, uniqueItems: true, items: {type: string, enum: [bond, share, future]}}
layout:
  - age: {points: {young: 10, old: 2}}
  - aim: {points: {keep: 0, grow: 20}, when: age == "young"}
  - goods: {points: {bond: 1, share: 5, future: 9}, count: max}
computed:
  - score: {title: 得分, type: integer, is: points}
  - level: {title: 等级, $ref: 'dictionary:level', is: 'score >= 30 ? "C5" : (score >= 10 ? "C3" : "C1")', to: client.risk_class}
refuse:
  - nothing: {when: score < 3, text: 得分过低}
"""
ASSESSMENT = {
    "forms/quiz.yaml": QUIZ,
    "flows/trial.yaml": """title: 测评
login: login
steps:
  - form: {id: quiz}
  - notice:
      id: result
      title: 结果
      text: 您的得分为{{ quiz.score }}，等级为{{ quiz.level }}
      again: {steps: [quiz], button: 重新测评, most: 1}
  - notice: {id: risk, title: 警示, text: 您的等级较低, when: quiz.level == "C1"}
""" + SUBMIT,
}


def test_a_questionnaire_counts_its_points_and_gives_a_class(tmp_path):
    client = walk(tmp_path, ASSESSMENT)
    client.answer("quiz", age="young", aim="grow", goods=["bond", "future"])
    assert client.case.results["quiz"].data == {
        "age": "young", "aim": "grow", "goods": ["bond", "future"], "score": 39, "level": "C5",
    }  # fmt: skip
    assert client.current == "result"


def test_a_hidden_question_has_no_points(tmp_path):
    client = walk(tmp_path, ASSESSMENT)
    client.answer("quiz", age="old", aim="grow", goods=["share"])
    assert (client.case.results["quiz"].data["score"], client.case.results["quiz"].data["level"]) == (7, "C1")
    assert [s.id for s in client.position.applicable] == ["quiz", "result", "risk", "submit"]


def test_a_rule_can_refuse_by_a_computed_value(tmp_path):
    said = walk(tmp_path, ASSESSMENT).answer("quiz", age="old", goods=["bond"])
    assert said.problems == () and walk(tmp_path / "again", ASSESSMENT | {
        "forms/quiz.yaml": QUIZ.replace("score < 3", "score < 4")
    }).answer("quiz", age="old", goods=["bond"]).problems[0].text == "得分过低"


def test_what_is_computed_changes_the_record_where_it_says_so(tmp_path):
    client = walk(tmp_path, ASSESSMENT, {"name": "样本甲", "risk_class": "C1"})
    client.answer("quiz", age="young", aim="keep", goods=["bond"])
    client.answer("result")
    assert client.case.state in ("submitted", "approved") and client.case.changes == {"risk_class": "C3"}


def test_a_client_may_answer_once_more_and_then_no_more(tmp_path):
    """The notice is read again, because what it says has changed; the second try was the last."""
    client = walk(tmp_path, ASSESSMENT)
    client.answer("quiz", age="old", goods=["bond"])
    client.answer("result", again="true")
    assert client.current == "quiz" and client.case.results["quiz"].data["age"] == "old"
    client.answer("quiz", age="young", aim="keep", goods=["bond"])
    assert client.current == "result"
    assert [p.code for p in client.answer("result", again="true").problems] == ["no_more_again"]
    client.answer("result")
    assert client.case.state == "submitted"


def test_a_notice_that_stops_can_lead_back_and_lets_nobody_on(tmp_path):
    """Who has failed a test reads the points and may try again; the way ends where no try is left."""
    stopping = ASSESSMENT["flows/trial.yaml"].replace("text: 您的等级较低,", "text: 您的等级较低, stop: true, again: {steps: [quiz], button: 重测, most: 1},")
    client = walk(tmp_path, ASSESSMENT | {"flows/trial.yaml": stopping})
    client.answer("quiz", age="old", goods=["share"])
    client.answer("result")
    assert [p.code for p in client.answer("risk").problems] == ["stops_here"]
    client.answer("risk", again="true")
    assert client.current == "quiz"
    client.answer("quiz", age="old", goods=["bond"])
    client.answer("result")
    assert [p.code for p in client.answer("risk", again="true").problems] == ["no_more_again"]
    assert client.current == "risk"


def test_a_notice_whose_words_have_changed_is_read_again(tmp_path):
    client = walk(tmp_path, ASSESSMENT | {"flows/trial.yaml": ASSESSMENT["flows/trial.yaml"].replace(
        SUBMIT, "  - form: {id: last, form: login}\n" + SUBMIT)})
    client.answer("quiz", age="young", aim="grow", goods=["bond"])
    client.answer("result")
    assert client.current == "last"
    client.answer("quiz", age="young", aim="grow", goods=["share"])
    assert client.current == "result"


CLOSING = {
    "flows/trial.yaml": """title: 销户
login: login
steps:
  - inquiry:
      id: account
      title: 检查
      ask: core.positions
      with: {market: all}
      must:
        - {code: no_lots, when: account.lots == 0, text: 无持仓, cure: 请先平仓}
        - {code: no_funds, when: account.funds == 0.0, text: 无资金}
  - notice: {id: goodbye, title: 确认, text: '持仓{{ account.lots }}手', tick: 我确认销户}
""" + SUBMIT + """approved:
  - core.apply
""",
}


def test_what_another_system_says_must_be_so_before_a_client_goes_on(tmp_path):
    client = walk(tmp_path, CLOSING)
    asked = client.answer("account")
    assert [(a.kind, a.purpose) for a in asked.awaits] == [("inquiry", "core.positions")]
    refused = client.answer("account", {"inquiry": {"lots": 3, "funds": 0.5}})
    assert [(p.at, p.code, p.text) for p in refused.problems] == [
        ("no_lots", "must", "请先平仓"), ("no_funds", "must", "无资金"),
    ]  # fmt: skip
    client.answer("account", {"inquiry": {"lots": 0, "funds": 0.0}})
    assert client.current == "goodbye" and client.position.names["account.lots"] == 0


def test_a_system_that_does_not_answer_costs_nothing_but_another_try(tmp_path):
    client = walk(tmp_path, CLOSING)
    assert [p.code for p in client.answer("account", {"inquiry": "unavailable"}).problems] == ["inquiry_unavailable"]
    assert client.current == "account"


def test_what_was_not_answered_is_not_so(tmp_path):
    """A system that leaves out a value has not said that it is nought."""
    client = walk(tmp_path, CLOSING)
    assert [p.at for p in client.answer("account", {"inquiry": {"lots": 0}}).problems] == ["no_funds"]


def test_a_notice_with_a_tick_wants_the_tick(tmp_path):
    client = walk(tmp_path, CLOSING)
    client.answer("account", {"inquiry": {"lots": 0, "funds": 0.0}})
    assert [(p.at, p.code) for p in client.answer("goodbye").problems] == [("agree", "tick_first")]
    client.answer("goodbye", agree="true")
    assert client.case.state == "submitted"


CODES = {
    "forms/exchanges.yaml": """title: 交易所
schema:
  type: object
  required: [codes]
  properties:
    codes: {title: 交易所, type: array, minItems: 1, uniqueItems: true, items: {type: string, enum: [shfe, dce, cffex]}}
""",
    "flows/trial.yaml": """title: 增开
login: login
steps:
  - form: {id: exchanges}
""" + SUBMIT + """review: {levels: 0}
approved:
  - core.apply: {id: open, title: 交易编码, each: exchanges.codes, refusal: tell}
notify:
  done:
    - core.apply: {id: told, text: '{{ client.name }}，办结'}
""",
}


def test_an_action_runs_for_each_item_and_the_case_is_done_when_all_have_come_back(tmp_path):
    client = walk(tmp_path, CODES)
    said = client.answer("exchanges", codes=["shfe", "cffex"])
    assert [(o.delivery, o.key) for o in said.orders] == [
        ("open[shfe]", "c1-1:open[shfe]:1"), ("open[cffex]", "c1-1:open[cffex]:1"),
    ]  # fmt: skip
    assert client.case.deliveries == {"open[shfe]": "waiting", "open[cffex]": "waiting"}
    client.send(commands.Delivered(actor="system", action="open[cffex]", outcome="refused:not_eligible"))
    assert client.case.state == "delivering"
    last = client.send(commands.Delivered(actor="system", action="open[shfe]", outcome="done"))
    assert client.case.state == "done"
    assert client.case.deliveries == {"open[shfe]": "done", "open[cffex]": "refused:not_eligible"}
    assert [(o.moment, o.action.id) for o in last.orders] == [("done", "told")]


def test_a_run_that_came_back_does_not_come_back_twice(tmp_path):
    client = walk(tmp_path, CODES)
    client.answer("exchanges", codes=["shfe", "dce"])
    client.send(commands.Delivered(actor="system", action="open[shfe]", outcome="refused:no"))
    again = client.send(commands.Delivered(actor="system", action="open[shfe]", outcome="done"))
    assert again.events == () and client.case.deliveries["open[shfe]"] == "refused:no"


OPENING = CODES | {
    "flows/trial.yaml": CODES["flows/trial.yaml"].replace("approved:\n", """approved:
  - core.apply: {id: create, title: 开户, refusal: tell}
""").replace("refusal: tell}\nnotify", "refusal: tell, waits_for: create}\n  - core.apply: {id: last, waits_for: create}\nnotify"),
}


def test_an_action_waits_for_the_one_that_it_names(tmp_path):
    client = walk(tmp_path, OPENING)
    said = client.answer("exchanges", codes=["shfe", "cffex"])
    assert [order.delivery for order in said.orders] == ["create"]
    assert set(client.case.deliveries.values()) == {"waiting"}
    came = client.send(commands.Delivered(actor="system", action="create", outcome="later:busy"))
    assert came.orders == ()
    came = client.send(commands.Delivered(actor="system", action="create", outcome="done"))
    assert [(o.delivery, o.key) for o in came.orders] == [
        ("open[shfe]", "c1-1:open[shfe]:3"), ("open[cffex]", "c1-1:open[cffex]:3"), ("last", "c1-1:last:3"),
    ]  # fmt: skip
    for action, outcome in (("open[shfe]", "done"), ("open[cffex]", "refused:no"), ("last", "done")):
        client.send(commands.Delivered(actor="system", action=action, outcome=outcome))
    assert client.case.state == "done"


def test_what_waits_for_a_refused_action_is_refused_as_well(tmp_path):
    client = walk(tmp_path, OPENING)
    client.answer("exchanges", codes=["shfe"])
    last = client.send(commands.Delivered(actor="system", action="create", outcome="refused:client_exists"))
    assert client.case.state == "done" and [order.moment for order in last.orders] == ["done"]
    assert client.case.deliveries == {
        "create": "refused:client_exists", "open[shfe]": "refused:earlier_refused", "last": "refused:earlier_refused",
    }  # fmt: skip


def test_a_failure_that_staff_mend_lets_the_others_go_on(tmp_path):
    client = walk(tmp_path, OPENING)
    client.answer("exchanges", codes=["shfe"])
    client.send(commands.Delivered(actor="system", action="create", outcome="failed:broken"))
    assert client.send(commands.Delivered(actor="system", action="open[shfe]", outcome="waiting")).problems[0].code == "not_now"
    again = client.send(commands.Delivered(actor="staff:a", action="create", outcome="waiting"))
    assert [order.delivery for order in again.orders] == ["create"]
    came = client.send(commands.Delivered(actor="system", action="create", outcome="done"))
    assert [order.delivery for order in came.orders] == ["open[shfe]", "last"]


def test_an_action_waits_for_one_that_comes_before_and_ends_once(tmp_path):
    flow = OPENING["flows/trial.yaml"]
    for right, wrong, code in (
        ("id: last, waits_for: create", "id: last, waits_for: made", "unknown-action"),
        ("id: last, waits_for: create", "id: last, waits_for: last", "unknown-action"),
        ("id: last, waits_for: create", "id: last, waits_for: open", "many-ends"),
        ("id: told, ", "id: told, waits_for: create, ", "not-here"),
    ):
        found = mistakes(tmp_path, OPENING | {"flows/trial.yaml": flow.replace(right, wrong)})
        assert [mistake.split(": ")[1] for mistake in found] == [code], found


PARTS = {
    "parts/photos.yaml": """title: 证件
steps:
  - form: {id: front, form: login, when: client.name == "样本甲"}
  - form: {id: back, form: login}
""",
    "flows/trial.yaml": """title: 试
login: login
stages: {data: 资料}
steps:
  - notice: {id: first, title: 开始, text: 好, stage: data}
  - use: {part: photos, when: client.risk_class != "C1", stage: data}
""" + SUBMIT,
}


def test_a_flow_uses_a_part_and_its_condition_holds_for_each_step_of_it(tmp_path):
    client = walk(tmp_path, PARTS, {"name": "样本甲", "risk_class": "C3"})
    assert [s.id for s in client.position.applicable] == ["first", "front", "back", "submit"]
    assert {s.bound.step.stage for s in client.position.steps[:3]} == {"data"}
    other = walk(tmp_path / "c1", PARTS, {"name": "样本甲", "risk_class": "C1"})
    assert [s.id for s in other.position.applicable] == ["first", "submit"]
    third = walk(tmp_path / "乙", PARTS, {"name": "样本乙", "risk_class": "C3"})
    assert [s.id for s in third.position.applicable] == ["first", "back", "submit"]


def test_an_author_is_told_what_is_wrong_with_the_use_of_a_part(tmp_path):
    assert mistakes(tmp_path, PARTS | {"flows/trial.yaml": PARTS["flows/trial.yaml"].replace("photos,", "fotos, colour: red,")}) == [
        "definitions/flows/trial.yaml:6:17: unknown-part: There is no part 'fotos'. Did you mean 'photos'?",
        "definitions/flows/trial.yaml:6:24: unknown-key: There is no key 'colour' here. There are: part, when, stage, id.",
    ]
    circle = PARTS | {"parts/photos.yaml": "steps:\n  - use: {part: photos}\n"}
    assert mistakes(tmp_path / "circle", circle)[0].startswith(
        "definitions/parts/photos.yaml:2:17: part-circle: The part 'photos' uses itself."
    )


def test_a_mistake_in_a_part_is_told_where_it_stands(tmp_path):
    wrong = PARTS | {"parts/photos.yaml": PARTS["parts/photos.yaml"].replace("client.name", "client.nam")}
    assert mistakes(tmp_path, wrong) == [
        "definitions/parts/photos.yaml:3:42: unknown-name: There is no name 'client.nam' here. Did you mean 'client.name'?"
    ]


def test_an_author_is_told_what_is_wrong_with_what_is_computed(tmp_path):
    wrong = QUIZ.replace("is: points", "is: point").replace("young: 10", "yuong: 10").replace("client.risk_class", "client.risk")
    assert mistakes(tmp_path, ASSESSMENT | {"forms/quiz.yaml": wrong}) == [
        "definitions/forms/quiz.yaml:10:20: unknown-option: 'age' has no option 'yuong'. Did you mean 'young'?",
        "definitions/forms/quiz.yaml:14:43: unknown-name: There is no name 'point' here. Did you mean 'points'?",
        "definitions/forms/quiz.yaml:15:110: unknown-client-property: The record on file has no 'risk'. Did you mean 'client.risk_class'?",
    ]


def test_an_author_is_told_what_is_wrong_with_an_inquiry_and_with_each(tmp_path):
    wrong = {"flows/trial.yaml": CLOSING["flows/trial.yaml"].replace("core.positions", "core.position").replace("account.lots == 0", "account.lot == 0")}
    told = mistakes(tmp_path, wrong)
    assert "definitions/flows/trial.yaml:7:12: unknown-inquiry: There is no inquiry 'core.position'. Did you mean 'core.positions'?" in told
    each = {**CODES, "flows/trial.yaml": CODES["flows/trial.yaml"].replace("exchanges.codes", "exchanges.code")}
    assert mistakes(tmp_path / "each", each) == [
        "definitions/flows/trial.yaml:8:47: unknown-name: There is no 'exchanges.code'. Did you mean 'exchanges.codes'?"
    ]


def test_a_text_names_only_answers_that_the_flow_asks(tmp_path):
    wrong = {**ASSESSMENT, "flows/trial.yaml": ASSESSMENT["flows/trial.yaml"].replace("quiz.score", "quiz.scor")}
    assert mistakes(tmp_path, wrong) == [
        "definitions/flows/trial.yaml:8:21: unknown-placeholder: Texts know no 'quiz.scor'. Did you mean 'quiz.score'?"
    ]
