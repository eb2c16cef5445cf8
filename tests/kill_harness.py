"""Kills a program again and again at moments that nobody chose, and looks at what is left.

A story is a module with `async def live(place)`, which works for ever, and `async def check(place)`, which asserts what
must be true afterwards. It runs in a child that a small mother process forks, so that a new life begins in milliseconds.
What takes longer may stand in `prepare(folder)`, which the mother calls once.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Place:
    """Where a story happens. `life` counts the starts, `seed` makes the choices of one life."""

    database: str
    folder: str
    life: int = 0
    seed: int = 0

    @property
    def keys(self) -> Path:
        return Path(self.folder) / "keys.json"

    @property
    def blobs(self) -> str:
        return f"file://{self.folder}/blobs"

    @property
    def receiver(self) -> Path:
        return Path(self.folder) / "receiver.db"

    def acknowledge(self, **what: Any) -> None:
        """Notes what a client has been told. One write, so it is there whole or not at all; no kill takes it back."""
        line = json.dumps(what, ensure_ascii=False) + "\n"
        handle = os.open(Path(self.folder) / "acknowledged", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, line.encode())
        os.close(handle)

    def acknowledged(self) -> list[dict[str, Any]]:
        path = Path(self.folder) / "acknowledged"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def kill_again_and_again(
    story: str, place: Place, kills: int, dice: random.Random, longest: float = 0.25, *, enough: Callable[[Place], bool]
) -> None:
    """Lets `story` live `kills` lives, most of up to `longest` seconds. A life that ends by itself is a failure.

    The first five are so short that they end within the first start; the sixth has the time to get through it. Where the
    machine is so slow that `enough` has not happened by then, more and longer lives follow.
    """
    from banli import store

    source = str(Path(store.__file__).parents[2])
    mother = subprocess.Popen(
        [sys.executable, __file__, story, str(Path(place.folder) / "prepared")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([source, str(TESTS)])},
    )
    assert mother.stdin is not None and mother.stdout is not None
    try:
        for life in range(1, 3 * kills):
            slow = 1 + max(0, life - kills) / 10
            if life > kills and enough(place):
                break
            born = Place(place.database, place.folder, life, dice.randrange(2**32))
            mother.stdin.write(json.dumps(asdict(born)) + "\n")
            mother.stdin.flush()
            child = int(mother.stdout.readline())
            time.sleep(_span_of(life, dice, longest) * slow)
            os.kill(child, signal.SIGKILL)
            how = mother.stdout.readline().strip()
            assert how == str(-signal.SIGKILL), f"Life {life} ended by itself: {how}"
    finally:
        mother.stdin.close()
        mother.wait(10)


def _span_of(life: int, dice: random.Random, longest: float) -> float:
    if life == 6:
        return 2
    return dice.uniform(0, 0.05) if life < 6 or dice.random() < 0.2 else dice.uniform(0.04, longest)


def be_mother(story: str, folder: Path) -> None:
    """One line with a place on stdin, one child; its pid, and later how it ended, on stdout."""
    module = importlib.import_module(story)
    if hasattr(module, "prepare"):
        module.prepare(folder)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            code = 1
            try:
                asyncio.run(module.live(Place(**json.loads(line))))
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
            os._exit(code)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    be_mother(sys.argv[1], Path(sys.argv[2]))
