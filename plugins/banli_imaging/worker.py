"""A worker of the pool: a process of its own with little memory and little time, that reads a job and writes an answer.

It gets no settings, no keys and no open files of the server; what a hostile picture makes of it ends with it.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from typing import Any, BinaryIO

from banli_imaging import wire


def main() -> None:
    limits = json.loads(sys.argv[1])
    source, target = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a library prints must not come between the messages.
    sys.stdout = sys.stderr
    from banli_imaging.jobs import do

    _bounded(int(limits["memory"]))
    target.write(wire.packed({"ready": True}))
    target.flush()
    while (message := _read(source)) is not None:
        said, parts = message
        _allow(float(limits["cpu"]))
        try:
            answer = do(said, parts)
        except MemoryError:
            answer = wire.packed({"problem": "file_pixels"})
        target.write(answer)
        target.flush()


def _bounded(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def _allow(seconds: float) -> None:
    """So much of the processor for the next job; the kernel ends what takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + seconds), hard))


def _read(source: BinaryIO) -> tuple[dict[str, Any], list[bytes]] | None:
    head = source.read(wire.HEAD.size)
    if len(head) < wire.HEAD.size:
        return None
    text, parts = wire.sizes(head)
    return wire.unpacked(source.read(text), source.read(parts))


if __name__ == "__main__":
    main()
