"""A phone's posts as they are on the wire, and its cookies."""

from __future__ import annotations

from typing import Any

from app_fixtures import Phone

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def post(phone: Phone, path: str, body: bytes = b"", **headers: str) -> Any:
    """A post as it is on the wire."""
    about = {**FORM, "Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    return await phone.client.post(path, data=body, headers=about)


def cookie(phone: Phone, name: str = "banli") -> Any:
    return next((one for one in phone.client.cookie_jar if one.name == name), None)
