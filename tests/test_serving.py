"""The product as an operator runs it: several workers, health, metrics, and a quiet end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from banli.sites import bundled
from lean_kit import unlisted


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The example site, with simulators that may run outside of a demo."""
    made = tmp_path / "site"
    for folder in ("definitions", "themes"):
        shutil.copytree(bundled() / folder, made / folder)
    unlisted(made)
    listed = made / "definitions/site.yaml"
    text = listed.read_text().replace("gateway: outbox", "gateway: outbox, allow_in_production: true")
    listed.write_text(text.replace("system: simulator", "system: simulator, allow_in_production: true"))
    return made


@contextmanager
def served(site: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    env = {**os.environ, "BANLI_VAR": str(site / "var")}
    env.pop("BANLI_KEYS", None)
    command = [sys.executable, "-m", "banli.cli", "serve", "--site", str(site), "--port", str(port), *words]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        limit = time.monotonic() + 90
        while time.monotonic() < limit and process.poll() is None:
            try:
                if ask(port, "/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield process, port
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=90)


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def test_two_workers_answer_tell_their_health_and_end_quietly(site: Path) -> None:
    metrics = free_port()
    with served(site, "--workers", "2", "--metrics", f"127.0.0.1:{metrics}") as (process, port):
        assert ask(port, "/healthz") == (200, "ok\n")
        status, told = ask(port, "/readyz")
        assert (status, json.loads(told)["database"]) == (200, "ok")
        assert ask(port, "/8001")[0] == 200
        assert ask(port, "/metrics")[0] == 404, "metrics stand on an address of their own"
        status, page = ask(metrics, "/metrics")
        assert status == 200
        assert "banli_start_seconds" in page
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=90)
        assert process.returncode == 0
        assert "Traceback" not in err + out
        lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
        assert {line["route"] for line in lines if line["event"] == "request"} >= {"/<company>"}


def test_a_worker_that_dies_is_replaced(site: Path) -> None:
    with served(site, "--workers", "2") as (process, port):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 2
        os.kill(int(children[0]), signal.SIGKILL)
        limit = time.monotonic() + 90
        now: list[str] = []
        while time.monotonic() < limit and (len(now) != 2 or children[0] in now):
            now = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            time.sleep(0.1)
        assert len(now) == 2
        assert children[0] not in now
        assert ask(port, "/healthz")[0] == 200


def test_simulators_refuse_real_clients(site: Path) -> None:
    """Outside of a demo the simulated core system and the outbox do not start unless the site says so."""
    listed = site / "definitions/site.yaml"
    listed.write_text(listed.read_text().replace(", allow_in_production: true", ""))
    env = {**os.environ, "BANLI_VAR": str(site / "var")}
    command = [sys.executable, "-m", "banli.cli", "serve", "--site", str(site), "--port", str(free_port())]
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    told = [line for line in ended.stderr.splitlines() if not line.startswith(("{", "Warning:"))]
    assert len(told) == 1
    assert told[0].startswith("Banli cannot start: definitions/site.yaml: not-for-production: ")


def test_a_busy_port_is_told_in_one_sentence(site: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "banli.cli", "serve", "--site", str(site), "--port", str(port)]
        env = {**os.environ, "BANLI_VAR": str(site / "var")}
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert ended.stderr == f"Cannot listen on 127.0.0.1:{port}: Address already in use. Choose another --host or --port.\n"


def test_workers_that_cannot_start_are_an_error(site: Path) -> None:
    """A service manager must see that nothing runs: exit code 1, and the reason once for each try."""
    listed = site / "definitions/site.yaml"
    listed.write_text(listed.read_text().replace(", allow_in_production: true", ""))
    command = [sys.executable, "-m", "banli.cli", "serve", "--site", str(site), "--port", str(free_port()), "--workers", "2"]
    env = {**os.environ, "BANLI_VAR": str(site / "var")}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 1
    assert "Banli cannot start: definitions/site.yaml: not-for-production" in ended.stderr
    assert "Traceback" not in ended.stderr
