"""Debian's Chromium, with a camera and a microphone that are made up."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, BrowserType

ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--lang=zh-CN",
    "--use-fake-ui-for-media-stream",
    # Calls within one machine, whose sound is heard without a tap.
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--autoplay-policy=no-user-gesture-required",
]


def launch(kind: BrowserType, *more: str) -> Browser:
    """`kind` is `playwright.chromium`; `more` arguments of its command line."""
    chromium = shutil.which("chromium")
    assert chromium, "This needs Debian's chromium: apt-get install chromium"
    return kind.launch(
        executable_path=chromium,
        args=[*ARGUMENTS, *more],
        # A locale that every machine has: without one, files that are saved could have no Chinese names.
        env={**os.environ, "LANGUAGE": "zh_CN", "LANG": "C.UTF-8"},
    )
