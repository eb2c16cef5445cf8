"""Debian's coturn for tests of calls, with and without browsers."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
from pathlib import Path

SECRET, SECRET_ENV = "a secret of tests", "TURN_SECRET_OF_TESTS"


class Relay:
    """Debian's coturn, on this machine only. Stopped, it is a network that is away."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("turnserver")
        assert program, "These tests need Debian's coturn: apt-get install coturn"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._log = (folder / "turn.log").open("wb")
        self._process = subprocess.Popen(
            [
                program, "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=banli.example", "--no-cli",
                "--listening-ip=127.0.0.1", f"--listening-port={self.port}", "--relay-ip=127.0.0.1", "--allow-loopback-peers",
                "--no-tls", "--no-dtls", "--log-file=stdout", "--simple-log", f"--pidfile={folder / 'turn.pid'}",
                f"--userdb={folder / 'turn.db'}", "--min-port=49160", "--max-port=49960",
            ],
            stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def away(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def back(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.back()
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
