"""Serves: one process or several behind one socket, draining on SIGTERM so that nobody's answer is cut off."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable

from quart import Quart

from banli.errors import DefinitionError
from banli.plugins import MissingPart
from banli.store import StoreError
from banli.web.connections import Connections

NUMBER = "BANLI_WORKER"
"""The variable by which a worker knows its number, from 0; unset where there is only one."""

ENDS_WITHIN = 10.0
"""Seconds for the application to end what it does beside requests."""

HARD_LIMIT = 20.0
"""Seconds after SIGTERM until a worker that still runs is killed."""


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, made by the parent so that all workers share it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(1024)
    made.set_inheritable(True)
    return made


def run(make: Callable[[], Quart], host: str, port: int, workers: int = 1) -> int:
    """Serves until SIGTERM or SIGINT. With several workers the parent only watches; a worker that dies is replaced."""
    try:
        listening = listen(host, port)
    except OSError as problem:
        print(f"Cannot listen on {host}:{port}: {problem.strerror}. Choose another --host or --port.", file=sys.stderr)
        return 1
    if workers <= 1:
        _serve_here(make, listening)
        return 0
    return _supervise(make, listening, workers)


def _serve_here(make: Callable[[], Quart], listening: socket.socket) -> None:
    app: Quart | None = None
    try:
        app = make()
        asyncio.run(_work(app, listening))
    except Exception as problem:
        failed = getattr(app, "failed", problem)
        if isinstance(failed, (DefinitionError, StoreError, MissingPart, OSError)):
            print(f"Banli cannot start: {failed}", file=sys.stderr)
        else:
            traceback.print_exception(failed)
        sys.stderr.flush()
        # A start that failed half-way leaves threads behind that would keep the process alive for ever.
        os._exit(1)


async def _work(app: Quart, listening: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    await app.startup()
    _settle()
    try:
        await Connections(app).serve(listening.dup(), stop)
    finally:
        async with asyncio.timeout(ENDS_WITHIN):
            await app.shutdown()


def _settle() -> None:
    """What is there now stays until the end: the garbage collector need not look through it again and again, and a request
    leaves so little behind that it need not look as often (together 5 to 10 % of the CPU time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _supervise(make: Callable[[], Quart], listening: socket.socket, workers: int) -> int:
    children: dict[int, int] = {}
    stopping = False

    def start(number: int) -> None:
        pid = os.fork()
        if pid == 0:
            os.environ[NUMBER] = str(number)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            code = 1
            try:
                _serve_here(make, listening)
                code = 0
            finally:
                os._exit(code)
        children[pid] = number

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in children:
            os.kill(pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for number in range(workers):
        start(number)
    ended_at: list[float] = []
    gave_up = False
    while children and not stopping:
        pid = _ended()
        if pid in children:
            number = children.pop(pid)
            ended_at = [t for t in ended_at if time.monotonic() - t < 10] + [time.monotonic()]
            if len(ended_at) > 3 * workers:
                print("The workers end as soon as they are started; giving up.", file=sys.stderr)
                gave_up = True
                stop()
                break
            start(number)
        time.sleep(0.1)
    limit = time.monotonic() + HARD_LIMIT
    while children and time.monotonic() < limit:
        children.pop(_ended(), None)
        time.sleep(0.05)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    return 1 if gave_up else 0


def _ended() -> int:
    """The pid of a worker that has ended, or 0."""
    try:
        pid, _ = os.waitpid(-1, os.WNOHANG)
    except (ChildProcessError, InterruptedError):
        return 0
    return pid
