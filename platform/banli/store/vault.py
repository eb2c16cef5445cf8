"""Keeps the key ring: wraps the keys of cases, seals what belongs to no case, and hashes what must be found again.

The ring is a JSON file that only its owner may read, or the text of BANLI_KEYS. Every key has a version; new data takes
the current one, older ones open what they sealed until `Store.rewrap` has moved it. The look-up key stands apart: it
cannot be changed without computing every keyed hash again, which needs the values themselves.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import KeysLost, Tampered
from .sealing import Key

LOST = (
    "The key ring {where} is missing, but this database holds data that was sealed with it. Put the file back from "
    "your backup (or set BANLI_KEYS); nobody can read the data without it, and a new ring does not help."
)
FOREIGN = "The key ring {where} belongs to another database. Put back the one that this database was started with."


class Vault:
    """The ring, opened."""

    def __init__(self, ring: Mapping[str, Any], path: Path | None = None) -> None:
        try:
            self.current = int(ring["current"])
            self._secrets = {int(version): _read(secret) for version, secret in ring["keys"].items()}
            self._lookup = _read(ring["lookup"])
        except (KeyError, ValueError, TypeError, AttributeError):
            raise KeysLost(f"The key ring {_name(path)} cannot be read. Put it back from your backup.") from None
        if self.current not in self._secrets:
            raise KeysLost(f"The key ring {_name(path)} has no key {self.current}, which it names as the current one.")
        self._path = path
        self._read_at = _written_at(path)
        self._keys: dict[tuple[int, str], Key] = {}

    def __repr__(self) -> str:
        return f"<Vault versions={self.versions} current={self.current}>"

    @classmethod
    def open(cls, path: Path | None, environ: Mapping[str, str] | None = None) -> Vault | None:
        """The ring from BANLI_KEYS if set, else from the file; None when there is neither."""
        text = (os.environ if environ is None else environ).get("BANLI_KEYS", "")
        if not text:
            if path is None or not path.exists():
                return None
            text = path.read_text()
        else:
            path = None
        try:
            return cls(json.loads(text), path)
        except json.JSONDecodeError:
            raise KeysLost(f"The key ring {_name(path)} cannot be read. Put it back from your backup.") from None

    @classmethod
    def create(cls, path: Path) -> Vault:
        """A new ring in a new file; when another process was faster, its ring."""
        ring = {"current": 1, "keys": {"1": _write(os.urandom(32))}, "lookup": _write(os.urandom(32))}
        draft = _draft(path, ring)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(draft)
        found = cls.open(path, {})
        assert found is not None
        return found

    @property
    def versions(self) -> tuple[int, ...]:
        return tuple(sorted(self._secrets))

    # wrapping and sealing

    def wrap(self, key: Key, place: str) -> tuple[bytes, int]:
        """The key of a case, sealed, and the version of the ring key that did it."""
        wrapped = self.seal(key.secret(), place, "wrap")
        return wrapped, int.from_bytes(wrapped[:4], "big")

    def unwrap(self, wrapped: bytes, place: str) -> Key:
        return Key(self.open_sealed(wrapped, place, "wrap"))

    def seal(self, data: bytes, place: str, use: str = "seal") -> bytes:
        """For what belongs to no case. The version goes in front."""
        self._look_again()
        return self.current.to_bytes(4, "big") + self._key(self.current, use).seal(data, place)

    def open_sealed(self, sealed: bytes, place: str, use: str = "seal") -> bytes:
        version = int.from_bytes(sealed[:4], "big")
        if version not in self._secrets:
            self._look_again()
        if version not in self._secrets:
            raise Tampered(f"{place}: Sealed with key {version}, which is not on the ring (it has {self.versions}).")
        return self._key(version, use).open(sealed[4:], place)

    # finding again

    def lookup_hash(self, purpose: str, value: str) -> str:
        """Equal values of one purpose give equal hashes; without the ring nobody can try values out. 64 hex digits."""
        return hmac.new(self._lookup, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()

    # rotation

    def rotate(self) -> int:
        """Adds a key and makes it the current one. Then run `Store.rewrap`; then older keys can be retired.

        Raises KeysLost when the ring is in no file: what a key that nobody keeps has sealed would be lost.
        """
        self._changeable()
        version = max(self._secrets) + 1
        self._secrets[version] = os.urandom(32)
        self.current = version
        self._save()
        return version

    def retire(self, version: int) -> None:
        """Takes a key off the ring. Ask `Store.key_usage` first: what it still seals is lost. Raises as `rotate`."""
        if version == self.current:
            raise ValueError("The current key cannot be retired. Rotate first.")
        self._changeable()
        del self._secrets[version]
        self._keys = {known: key for known, key in self._keys.items() if known[0] != version}
        self._save()

    def _changeable(self) -> None:
        if self._path is None:
            raise KeysLost(
                "The key ring is given by BANLI_KEYS and cannot be changed from here. Put it into keys.json, run this without "
                "BANLI_KEYS, and give the new ring to all processes."
            )

    def text(self) -> str:
        """The ring as JSON, for those who keep it in BANLI_KEYS. Secret."""
        keys = {str(version): _write(secret) for version, secret in sorted(self._secrets.items())}
        return json.dumps({"current": self.current, "keys": keys, "lookup": _write(self._lookup)}, indent=1)

    def _save(self) -> None:
        if self._path is not None:
            os.replace(_draft(self._path, json.loads(self.text())), self._path)
            _sync_folder(self._path.parent)
            self._read_at = _written_at(self._path)

    def _look_again(self) -> None:
        """Takes over a ring that another process has turned, so that nothing new is sealed with an old key."""
        if _written_at(self._path) != self._read_at:
            fresh = Vault.open(self._path, {})
            if fresh is not None:
                self.current, self._secrets, self._read_at = fresh.current, fresh._secrets, fresh._read_at

    def _key(self, version: int, use: str) -> Key:
        key = self._keys.get((version, use))
        if key is None:
            secret = hmac.new(self._secrets[version], f"banli {use}".encode(), hashlib.sha256).digest()
            key = self._keys[version, use] = Key(secret)
        return key


def _draft(path: Path, ring: Mapping[str, Any]) -> Path:
    """A file beside `path`, complete and on disk before it gets its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(json.dumps(ring, indent=1))
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _written_at(path: Path | None) -> int:
    """When the file was last written; 0 when there is none (any more)."""
    try:
        return path.stat().st_mtime_ns if path is not None else 0
    except FileNotFoundError:
        return 0


def _read(text: str) -> bytes:
    secret = base64.b64decode(text, validate=True)
    if len(secret) != 32:
        raise ValueError("A key has 32 bytes.")
    return secret


def _write(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def _name(path: Path | None) -> str:
    return "in BANLI_KEYS" if path is None else str(path)
