"""Figures that need no rival: validation alone, 1,000 forms, the start, the memory of a worker."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from banli.cli.base import plugins_of, with_var
from banli.definitions.edition import open_edition
from banli.definitions.kinds import Kinds
from banli.definitions.library import Library
from banli.editions import Issue
from banli.hooks import Home
from banli.plugins import Plugins, activate, kinds
from banli.scenarios.playing import Stage
from banli.scenarios.reading import read_tales
from banli.scenarios.running import chosen, run_all
from banli.sites import Site, open_site

from . import ours
from .contenders import OURS, Contender
from .drive import ROOT, serving
from .fields20 import BAD, GOOD, WRONG
from .site20 import BUSINESS, COMPANY, PLUGINS, bench_site, write_site


def _now() -> datetime:
    return datetime.now(UTC)


def _kinds(site: Site) -> tuple[Plugins, Kinds]:
    home = Home(site.var / "plugins", _now, False, site.definitions)
    plugins = activate({"bench_people": {}}, PLUGINS, {"bench_people": home})
    return plugins, kinds(plugins, PLUGINS)


def validation(folder: Path, seconds: float = 1.0) -> dict[str, float]:
    """Posted pages of 20 fields read and checked per CPU second: all answers right, and five wrong."""
    site = write_site(folder)
    plugins, known = _kinds(site)
    library = Library.read(site.definitions, known)
    reader = Issue(open_edition(library.bundle(COMPANY, BUSINESS), known), plugins).book.reader("form20")
    around = {"today": "2026-11-23", "company.id": COMPANY, "business.id": BUSINESS}
    assert not reader.read(GOOD, around).problems
    assert {problem.at for problem in reader.read(BAD, around).problems} == WRONG
    found = {}
    for name, raw in (("valid", GOOD), ("invalid", BAD)):
        best, end = 0.0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            began = time.process_time()
            for _ in range(2000):
                reader.read(raw, around)
            best = max(best, 2000 / (time.process_time() - began))
        found[name] = best
    return found


def scenarios(folder: Path, seconds: float = 1.0) -> float:
    """Steps of the example site's scenarios played per CPU second, over and over, its editions opened already."""
    site = with_var(open_site(ROOT, demo=True), folder)
    plugins, known = plugins_of(site)
    stage = Stage(Library.read(site.definitions, known), known, plugins)
    tales, mistakes = read_tales(site.definitions)
    assert not mistakes, mistakes
    stories = chosen(tales, stage)
    list(run_all(stories, stage, tales))
    steps, began, end = 0, time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < end:
        steps += sum(outcome.steps for outcome in run_all(stories, stage, tales))
    return steps / (time.process_time() - began)


@dataclass(frozen=True)
class Took:
    """Seconds of one process: on the CPU, which other programs on the machine do not change much, and by the clock."""

    cpu: float
    wall: float


def library(folder: Path, forms: int = 1000) -> dict[str, Took]:
    """Loads and checks so many forms of 20 fields, each time in a new process: cold, then from the cache."""
    write_site(folder, forms)
    return {name: Took(**_in_new_process("read", folder)) for name in ("cold", "cached")}


def _read(folder: Path) -> Took:
    site = bench_site(folder)
    _, known = _kinds(site)
    began, cpu = time.perf_counter(), time.process_time()
    read = Library.read(site.definitions, known, site.cache)
    took = Took(time.process_time() - cpu, time.perf_counter() - began)
    assert not [mistake for mistake in read.mistakes if mistake.code != "translation"], read.mistakes[:3]
    return took


def _in_new_process(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.alone", what, str(folder)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120).stdout
    found: dict[str, float] = json.loads(said)
    return found


def start(folder: Path) -> dict[str, Took]:
    """From the command to the first page of the example site as a demo: the very first start, which makes database, keys
    and caches, and the second one."""
    env = {"BANLI_VAR": str(folder)}
    found = {}
    for name in ("first", "second"):
        began = time.perf_counter()
        with serving(_example, env, probe="/") as server:
            found[name] = Took(server.cpu(), time.perf_counter() - began)
    return found


def _example(port: int) -> list[str]:
    return [sys.executable, "-m", "tests.bench.alone", "serve", str(port)]


def memory(folder: Path, forms: int = 100) -> dict[str, float]:
    """Resident MiB of the one worker of a site with so many forms, after 20 journeys: a worker that has read and checked
    all YAML itself, and one that found the cache."""
    site = write_site(folder, forms)
    tokens = asyncio.run(ours.log_in(site, 20))
    command = [sys.executable, "-m", "tests.bench.ours", str(folder)]
    found = {}
    for name in ("cold", "cached"):
        with serving(lambda port: [*command, str(port)], probe="/healthz") as server:
            asyncio.run(_walk(Contender(OURS, server, folder, tokens)))
            found[name] = server.memory() / 2**20
    return found


async def _walk(one: Contender) -> None:
    for _ in range(len(one.tokens)):
        walker = one.walker()
        await one.begin(walker)
        await walker.walk()
        one.end(walker)


def _serve(port: int) -> Any:
    from banli.app import create_app
    from banli.serving import run
    from banli.sites import open_site

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from lean_kit import lean

    site = open_site(demo=True)
    return run(lambda: create_app(site, available=lean(site), apart=True), "127.0.0.1", port)


if __name__ == "__main__":
    match sys.argv[1]:
        case "read":
            print(json.dumps(asdict(_read(Path(sys.argv[2])))))
        case "serve":
            os._exit(_serve(int(sys.argv[2])))
