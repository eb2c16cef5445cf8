"""What every page asks that opens a key: the server's half of the password, and that the key was opened."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from banli.errors import Problem
from banli.hooks import Place, Reply
from banli_certificate.keys import DeviceKeys, Half, text_of


async def asked(keys: DeviceKeys, client: str, name: str, said: Mapping[str, Any]) -> Reply | None:
    """Answers `evaluate` and `prove`; None: it is another call."""
    key = key_of(said)
    if name == "evaluate":
        return told(await keys.evaluate(client, key, text_of(said, "blinded")))
    if name == "prove":
        code = await keys.prove(client, key, text_of(said, "signature"))
        return refusal(code) if code else Reply()
    return None


def key_of(said: Mapping[str, Any]) -> str:
    return str(said.get("key", ""))[:40]


def told(half: Half | str) -> Reply:
    if isinstance(half, str):
        return refusal(half)
    return Reply({"evaluated": sent(half.evaluated), "nonce": sent(half.nonce), "left": half.left})


def refusal(code: str, **params: object) -> Reply:
    return Reply(problem=Problem("", code, params))


def owner_of(place: Place) -> str:
    """Under what the phone keeps the key: phones are lent, and a client may be one of several companies'."""
    return f"{place.company}|{place.client[:24]}"


def sent(content: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
