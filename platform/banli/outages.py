"""Tells the log why another system was of no help; clients read a calm sentence, and only here stands the code."""

from __future__ import annotations

import structlog

from banli.hooks import Unavailable, Undeliverable


def log(part: str, why: Unavailable | Undeliverable) -> None:
    """`part` is what was asked: `directory`, `sms`, or the name of an inquiry."""
    structlog.get_logger("banli.outside").warning("away", part=part, code=why.code)
