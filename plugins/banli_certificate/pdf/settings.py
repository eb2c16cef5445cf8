"""The setting `pdf`: whether agreements are signed as PDFs, and with what. Importing this needs no extra."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from banli.hooks import Binder, Clock, Ledger, Unavailable
from banli.pdfs.drawing import WITHOUT, trouble
from banli_certificate.authority import CertificateAuthority, EmbeddedAuthority
from banli_certificate.pdf.offices import Offices

OPTION: Mapping[str, Any] = {
    "type": "object",
    "description": "Agreements are signed as PDFs too (PAdES, needs banli[pdf]); without it the statements are all there is.",
    "additionalProperties": False,
    "properties": {
        "optional": {
            "type": "boolean", "default": False,
            "description": "Only where banli[pdf] is installed; elsewhere the site does without and tells its operator.",
        },
        "name": {"type": "string", "minLength": 1, "description": "The name on the seal that the embedded authority certifies."},
        "fonts": {"type": "string", "minLength": 1, "description": "A folder with fonts for Chinese, besides those installed."},
        "lists": {
            "type": "boolean", "default": True,
            "description": "What authorities elsewhere (of stamps, of the seal) have revoked is fetched and put into the file; "
            "false: it cannot be reached from here, and the file is without.",
        },
        "tsa": {
            "type": "object", "additionalProperties": False, "required": ["url", "root"],
            "description": "An authority of time stamps (RFC 3161). Without it the site stamps with a key of its own.",
            "properties": {
                "url": {"type": "string", "pattern": "^https?://", "description": "Where it answers."},
                "root": {"type": "string", "minLength": 1, "description": "Its root certificate (PEM): others may not stamp."},
            },
        },
        "seal": {
            "type": "object", "additionalProperties": False, "required": ["certificate", "key"],
            "description": "A seal that somebody else has certified (PEM). Without it the embedded authority certifies one.",
            "properties": {
                "certificate": {"type": "string", "description": "The certificate and those above it, the root last."},
                "key": {"type": "string", "description": "Its private key, not encrypted, readable by the server only."},
            },
        },
    },
}  # fmt: skip


NEEDS = ("weasyprint", "pyhanko")
AGAIN, LATER = timedelta(seconds=30), timedelta(hours=1)
"""When it is looked at anew whether PDFs can be drawn: after there was trouble, after there was none."""


def left_out(options: Mapping[str, Any], needs: Sequence[str]) -> Sequence[str]:
    """Why agreements are not signed as PDFs although the settings would like it; () where they are, or where nobody wants it."""
    told = options.get("pdf")
    gone = [name for name in needs if find_spec(name) is None]
    if not isinstance(told, Mapping) or told.get("optional") is not True or not gone:
        return ()
    return (
        f"Agreements are signed without PDFs (setting 'pdf' of banli_certificate): {' and '.join(gone)} cannot be imported. "
        "Install the extra 'banli[pdf]'.",
    )


def offices_of(
    options: Mapping[str, Any], ledger: Callable[[], Ledger], authority: CertificateAuthority, clock: Clock
) -> Offices:
    told = options.get("pdf") or {}
    return Offices(ledger, authority, clock, {"name": options.get("name", "Banli"), **told})


def binder_of(
    options: Mapping[str, Any], offices: Offices, authority: CertificateAuthority, embedded: EmbeddedAuthority, clock: Clock
) -> Binder | None:
    """None: the setting is not there, or the extra is not installed, of which `Trouble` tells."""
    told = options.get("pdf")
    if not isinstance(told, Mapping):
        return None
    try:
        from banli_certificate.pdf.binding import PdfBinder
    except ImportError:
        return None
    return PdfBinder(
        authority,
        offices,
        clock,
        tsa=told.get("tsa"),
        fonts=_folder(told),
        lists=bool(told.get("lists", True)),
        embedded=embedded,
    )


class Trouble:
    """Why no PDF could be signed now. Whether this machine can draw is looked at rarely: that takes a process and a second, and
    anybody may ask a server whether it is ready."""

    def __init__(self, options: Mapping[str, Any], offices: Offices, clock: Clock) -> None:
        self._told, self._offices, self._clock = options.get("pdf"), offices, clock
        self._turn, self._known, self._until = asyncio.Lock(), "", datetime.min.replace(tzinfo=UTC)

    async def why(self) -> str:
        """A sentence for the operator; "" when one could be signed, or when nobody wants any."""
        if not isinstance(self._told, Mapping):
            return ""
        try:
            import pyhanko  # noqa: F401 - is it there?
        except ImportError:
            return WITHOUT
        try:
            await self._offices.get("seal")
        except Unavailable:
            return (
                "There is no seal for PDFs: name its certificate and key under `pdf: {seal: …}`, or use the embedded authority."
            )
        async with self._turn:
            if self._clock() >= self._until:
                self._known = await trouble(_folder(self._told))
                self._until = self._clock() + (AGAIN if self._known else LATER)
        return self._known


def _folder(told: Mapping[str, Any]) -> Path | None:
    return Path(str(told["fonts"])) if "fonts" in told else None
