"""STUN and TURN: passwords that a relay accepts and that end by themselves, and what an operator is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from banli_video.ice import Ice, credentials

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
TURN = ["turn:turn.example:3478", "turns:turn.example:443?transport=tcp"]


def test_a_call_gets_a_password_of_its_own_that_ends() -> None:
    ice = Ice({"stun": ["stun:turn.example:3478"], "turn": TURN, "lifetime": 600}, {"BANLI_TURN_SECRET": "north"})
    told = ice.configuration(NOW, "call.1")
    name = f"{int((NOW + timedelta(minutes=10)).timestamp())}:call.1"
    password = base64.b64encode(hmac.digest(b"north", name.encode(), hashlib.sha1)).decode()
    assert told == {
        "iceServers": [{"urls": ["stun:turn.example:3478"]}, {"urls": TURN, "username": name, "credential": password}],
        "iceTransportPolicy": "all",
    }
    assert "north" not in repr(told) and ice.trouble() == ""


def test_the_password_is_what_turnutils_computes() -> None:
    """As `echo -n 1700000000:call | openssl dgst -sha1 -hmac north -binary | base64`."""
    ends = datetime.fromtimestamp(1700000000, UTC)
    assert credentials("north", "call", ends) == ("1700000000:call", "sOQHRpLXVWqqKGRBoMoDfQmJyo0=")


def test_an_operator_is_told_what_is_missing() -> None:
    assert "BANLI_TURN_SECRET" in Ice({"turn": TURN}, {}).trouble()
    assert "OTHER_SECRET" in Ice({"turn": TURN, "secret_env": "OTHER_SECRET"}, {"BANLI_TURN_SECRET": "x"}).trouble()
    assert "relay_only" in Ice({"relay_only": True}, {}).trouble()
    assert Ice({}, {}).trouble() == ""


def test_without_a_secret_nobody_is_sent_to_the_relay() -> None:
    assert Ice({"turn": TURN, "relay_only": True}, {}).configuration(NOW, "x") == {
        "iceServers": [], "iceTransportPolicy": "relay",
    }  # fmt: skip
