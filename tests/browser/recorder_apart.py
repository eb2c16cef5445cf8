"""The recorder in a process of its own, as `python -m banli_video recorder` runs it, by the clock of the server of the tests.

Started as `python recorder_apart.py FOLDER SITE NOW`; says `ready` once it looks for calls.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from served import GoingClock

from banli.cli import with_var
from banli.parts import Parts
from banli.sites import open_site
from banli_video.plugin import VideoPlugin
from banli_video.recorder.process import Recorder


async def record(folder: Path, root: Path, now: str) -> None:
    parts = Parts(with_var(open_site(root, demo=True), folder), GoingClock(datetime.fromisoformat(now)))
    plugin = next(one for one in parts.plugins.active if isinstance(one, VideoPlugin))
    await parts.open(start_plugins=False)
    recorder = Recorder(plugin)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, recorder.stop)
    print("ready", flush=True)
    await recorder.run()
    await parts.close()


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
