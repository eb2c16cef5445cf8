"""Seals bytes and JSON under one key: AES-256-GCM, a fresh nonce each time, bound to the place where the data lies."""

from __future__ import annotations

import json
import os
import zlib
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Tampered

FORMAT = b"\x01"
PLAIN, PACKED = b"\x00", b"\x01"
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
WORTH_PACKING = 512
"""Below this many bytes zlib costs more than it saves."""


class Key:
    """One 256-bit key. Its repr shows nothing of it."""

    __slots__ = ("_cipher", "_secret")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._cipher = AESGCM(secret)

    @classmethod
    def new(cls) -> Key:
        return cls(os.urandom(32))

    def secret(self) -> bytes:
        """The bare key, to be wrapped at once by another."""
        return self._secret

    def __repr__(self) -> str:
        return "<Key>"

    def seal(self, data: bytes, place: str) -> bytes:
        """`place` (table, row, column) is authenticated with the data, so that a value moved elsewhere does not open."""
        nonce = os.urandom(12)
        return FORMAT + nonce + self._cipher.encrypt(nonce, data, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises Tampered when a byte was changed, or the place is another one."""
        if sealed[:1] != FORMAT or len(sealed) < 29:
            raise Tampered(f"{place}: This is not sealed data.")
        try:
            return self._cipher.decrypt(sealed[1:13], sealed[13:], place.encode())
        except InvalidTag:
            raise Tampered(f"{place}: The sealed data was changed, or sealed with another key.") from None

    def pack(self, value: Any, place: str) -> bytes:
        """Seals a JSON value, compressed first when that pays."""
        return self.seal(to_bytes(value), place)

    def unpack(self, sealed: bytes, place: str) -> Any:
        return from_bytes(self.open(sealed, place))


def to_bytes(value: Any) -> bytes:
    data = _written(value).encode()
    return PACKED + zlib.compress(data, 1) if len(data) > WORTH_PACKING else PLAIN + data


def from_bytes(data: bytes) -> Any:
    return json.loads(zlib.decompress(data[1:]) if data[:1] == PACKED else data[1:])
