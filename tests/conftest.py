"""Fixtures that every test may use: a clock that is moved by hand, and a store on each of the two databases."""

from __future__ import annotations

import pytest

from store_fixtures import (
    MovableClock,
    clock,
    database_url,
    empty_database_url,
    keys_path,
    postgres_database,
    postgres_server,
    postgres_template,
    sqlite_template,
    sqlite_url,
    store,
)

__all__ = [
    "MovableClock",
    "clock",
    "database_url",
    "empty_database_url",
    "keys_path",
    "postgres_database",
    "postgres_server",
    "postgres_template",
    "sqlite_template",
    "sqlite_url",
    "store",
]


@pytest.fixture(autouse=True)
def no_keys_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring in the environment of whoever runs the tests must not get into them."""
    monkeypatch.delenv("BANLI_KEYS", raising=False)
