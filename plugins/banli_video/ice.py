"""How two phones find a way to each other: STUN and TURN servers, with passwords that last for an hour or two."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "The servers that help two phones to find a way to each other.",
    "additionalProperties": False,
    "properties": {
        "stun": {
            "type": "array",
            "items": {"type": "string", "pattern": "^stuns?:[^ ]+$"},
            "description": "Addresses such as stun:turn.example:3478.",
        },
        "turn": {
            "type": "array",
            "items": {"type": "string", "pattern": "^turns?:[^ ]+$"},
            "description": "Addresses such as turn:turn.example:3478 and turns:turn.example:443?transport=tcp.",
        },
        "secret_env": {
            "type": "string",
            "pattern": "^[A-Z][A-Z0-9_]*$",
            "description": "The environment variable with the secret that is shared with the TURN server.",
            "default": "BANLI_TURN_SECRET",
        },
        "lifetime": {
            "type": "integer", "minimum": 300, "maximum": 86400, "default": 7200,
            "description": "Seconds for which a password holds.",
        },
        "relay_only": {
            "type": "boolean",
            "description": "Nobody is told the other's address: everything goes through TURN.",
            "default": False,
        },
    },
}  # fmt: skip


class Ice:
    """What `site.yaml` says of STUN and TURN. Without it phones find each other only within one network."""

    def __init__(self, settings: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> None:
        self._stun: Sequence[str] = list(settings.get("stun", ()))
        self._turn: Sequence[str] = list(settings.get("turn", ()))
        self._relay_only = bool(settings.get("relay_only", False))
        self._lifetime = timedelta(seconds=int(settings.get("lifetime", 7200)))
        self.secret_env = str(settings.get("secret_env", "BANLI_TURN_SECRET"))
        self._secret = environment.get(self.secret_env, "")

    def configuration(self, now: datetime, user: str) -> dict[str, Any]:
        """What `new RTCPeerConnection` is given. `user` goes to the TURN server's log: the id of a call, nobody's name."""
        servers: list[dict[str, Any]] = [{"urls": list(self._stun)}] if self._stun else []
        if self._turn and self._secret:
            name, password = credentials(self._secret, user, now + self._lifetime)
            servers.append({"urls": list(self._turn), "username": name, "credential": password})
        return {"iceServers": servers, "iceTransportPolicy": "relay" if self._relay_only else "all"}

    def trouble(self) -> str:
        """Why calls could not work, in a sentence for the operator; "" when they could."""
        if self._turn and not self._secret:
            return f"There are TURN servers but no secret: set {self.secret_env} to the server's static-auth-secret."
        if self._relay_only and not self._turn:
            return "`relay_only` needs TURN servers under `ice: {turn: […]}`."
        return ""


def credentials(secret: str, user: str, ends: datetime) -> tuple[str, str]:
    """Name and password as TURN servers with a shared secret check them (draft-uberti-behave-turn-rest)."""
    name = f"{int(ends.timestamp())}:{user}"
    return name, base64.b64encode(hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()).decode()
