"""Whatever an author writes into a story, it is told or played; nothing falls over."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from banli.definitions.library import Library
from banli.errors import Mistake
from banli.plugins import Plugins
from banli.scenarios.checking import Checker
from banli.scenarios.coverage import Coverage
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import chosen, run_all
from definition_kinds import KINDS

SITE = Path(__file__).parent / "broken" / "_site" / "definitions"
STORY: dict[str, Any] = {
    "title": "改电话",
    "business": "change",
    "companies": ["1001", "1002"],
    "at": "2026-11-24T10:00",
    "client": {
        "like": "jia",
        "phone": "13800000000",
        "accounts": ["futures"],
        "validity": {"from": "2020-01-01", "to": "2030-01-01"},
    },
    "facts": {},
    "story": [
        "start",
        {"expect": {"state": "open", "step": "overview", "steps": ["overview", "agreements", "submit"]}},
        {"overview": {"edit": "reach"}, "expect": {"shows": {"phone": "13800000000"}, "asks": ["phone"], "hides": []}},
        {"draft": {"reason": "半"}},
        {"back": {"reason": "半句"}},
        {"open": "phone"},
        {"phone": {"phone": "13900000000", "sms_code": "wrong"}, "expect": {"problems": {"sms_code": ["code_wrong"]}}},
        {"phone": {"sms_code": "ok"}},
        {"old_page": {"overview": {"edit": "who"}}, "expect": {"refused": "changed_meanwhile", "text": ["", "a"]}},
        {"world": {"otp": "ok"}, "facts": {}, "clock": "+15m"},
        {"agreements": {"read": ["terms", "risk"], "agree": True}, "expect": {"changes": {"phone": "13900000000"}}},
        {"claim": "ann", "return": {"reasons": ["phone_wrong"], "remark": "打不通", "by": "ann"}},
        {"expect": {"reopened": ["phone.phone"], "unread": [], "agreements": []}},
    ],
}
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False, width=16), st.just([]), st.just({}),
    st.text(alphabet="aé中\n{}%0", max_size=4), st.sampled_from(["start", "phone", "ok", "all", "+1d", "2026-11-24", "phone.phone"]),
    st.lists(st.sampled_from(["phone", "risk", 1, None, {"a": 1}, ["b"]]), max_size=2),
    st.dictionaries(st.sampled_from(["phone", "edit", "read", "reasons", "a.b", "done", ""]), st.sampled_from(["x", 1, None, [], {}]), max_size=2),
)  # fmt: skip


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, below in inner for place in places(below, (*way, key)))]


def put(story: Any, way: tuple[Any, ...], odd: Any, *, gone: bool) -> Any:
    if not way:
        return odd
    here = story
    for key in way[:-1]:
        here = here[key]
    if gone:
        del here[way[-1]]
    else:
        here[way[-1]] = odd
    return story


@pytest.fixture(scope="module")
def stage() -> Stage:
    return Stage(Library.read(SITE, KINDS), KINDS, Plugins([]))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=st.sampled_from(places(STORY)), odd=ODD, gone=st.booleans())
def test_a_story_with_anything_anywhere_is_told_or_played(
    stage: Stage, tmp_path_factory: pytest.TempPathFactory, way: tuple[Any, ...], odd: Any, gone: bool
) -> None:
    folder = tmp_path_factory.mktemp("odd") / "definitions"
    (folder / "scenarios/clients").mkdir(parents=True)
    story = put(copy.deepcopy(STORY), way, odd, gone=gone)
    (folder / "scenarios/story.yaml").write_text(json.dumps(story), encoding="utf-8")
    (folder / "scenarios/clients/jia.yaml").write_text(json.dumps({"name": "样本甲", "education": odd}), encoding="utf-8")
    try:
        tales, mistakes = read_tales(folder)
        mistakes += Checker(stage.library, KINDS, tales).run()
        assert all(isinstance(mistake, Mistake) and mistake.what and str(mistake) for mistake in mistakes)
        wanted = [] if any("clients" not in mistake.place.file for mistake in mistakes) else chosen(tales, stage)
        for outcome in run_all(wanted, stage, tales, Coverage(KINDS).heard):
            assert outcome.good or outcome.place.file
    finally:
        shutil.rmtree(folder.parent)
