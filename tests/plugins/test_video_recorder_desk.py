"""The site's own copy as the desk has it: what a decision asks for, who may look at it, and how its process begins and ends."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from recorder_kit import Reeling
from test_video_desk import ANSWERS, FLOW, agent, at_desk, events, record, town, waiting

from app_fixtures import app_template
from banli_video.copies import SIDES
from site_kit import changed, opened
from town import photo

__all__ = ["app_template", "opened", "town"]


@pytest.fixture
def flow() -> str:
    return FLOW.replace("      max_minutes: 20\n", "      max_minutes: 20\n      recorder: required\n")


async def test_a_decision_waits_for_the_copy_and_the_desk_shows_both(town: Any) -> None:
    phone, desk = await waiting(town), await agent(town)
    copies = town.plugin.copies
    copies.patience = 0
    call = (await desk.ask("next"))["call"]
    await desk.get(f"/call?call={call}")
    assert 'data-recording data-site="off"' in desk.browser.page
    brief = await desk.ask("brief", call=call, seen=-1)
    began = await town.plugin.calls.connected(await town.plugin.calls.get(call))
    await desk.ask("keep", call=call, answers=ANSWERS)
    for slot in ("face", "card"):
        await desk.put(f"snapshot?call={call}&slot={slot}", photo())
    own = await record(town, desk, call, 4)
    said = {"call": call, "seen": brief["revision"]}
    assert await desk.ask("pass", **said) == "video_copy_missing"
    assert await desk.ask("send-back", **said, reasons=["unseen"], remark="") == "video_copy_missing"
    mine = await copies.claim(await copies.get(call), "a recorder")
    mine = await sent(town, began, mine, "client")
    assert await desk.ask("pass", **said) == "video_copy_missing_agent"
    mine = await sent(town, began, mine, "agent")
    assert await desk.ask("pass", **said) == {"over": "passed"}
    assert await copies.settle(mine, "system")

    noted = [event.data for event in await events(town, phone.number) if event.kind == "video.kept"]
    assert [one["side"] for one in noted] == list(SIDES) and all(one["digest"] != own["digest"] for one in noted)
    auditor = await at_desk(town, "auditor", "video-recordings")
    piece = f"/desk/video-recordings/file/piece?call={call}&piece=0&side="
    await auditor.get(f"/watch?call={call}")
    assert "<video" not in auditor.browser.page
    assert (await auditor.browser.client.get(piece + "client")).status_code == 404, "no reason, no picture"
    assert await auditor.ask("open", call=call, why="complaint") == {}
    await auditor.get(f"/watch?call={call}")
    assert auditor.browser.page.count("<video") == 3 and all(one["digest"] in auditor.browser.page for one in noted)
    for told in noted:
        content = await (await auditor.browser.client.get(piece + told["side"])).get_data()
        assert hashlib.sha256(content).hexdigest() == told["digest"]
    for wrong in ("nobody", "client~agent"):
        assert (await auditor.browser.client.get(piece + wrong)).status_code == 404


async def sent(town: Any, call: Any, mine: Any, side: str) -> Any:
    """What a recorder has put away of one side."""
    made = Reeling(town.plugin, call, town.clock, side)
    made.show(5 if side == "client" else 4)
    return await town.plugin.copies.keep(mine, {side: await made.reel.seal(last=True)})


def test_the_process_begins_and_ends_as_services_do(tmp_path: Path) -> None:
    site = changed(tmp_path / "site")
    command = [sys.executable, "-m", "banli_video", "recorder", "--site", str(site), "--calls", "3"]
    environment = {**os.environ, "BANLI_VAR": str(tmp_path / "var"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as process:
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        while said and "takes up to" not in said:
            said = process.stdout.readline().decode()
        assert said == "The recorder takes up to 3 calls.\n"
        process.send_signal(signal.SIGTERM)
        rest = process.stdout.read().decode()
        assert process.wait(60) == 0, rest
