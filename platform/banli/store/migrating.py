"""Runs the migrations: one process at a time, after a copy of an SQLite file, with every index and guard put back."""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import os
import pkgutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from tortoise import context as tortoise_context
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget

from . import guards
from .errors import StoreError
from .sql import Sql

if TYPE_CHECKING:
    from .database import Database

APP = "banli"
APPLIED = Sql("SELECT name FROM tortoise_migrations WHERE app = ?")
LOCK = 0x62616E6C69
"""The number of our advisory lock on PostgreSQL."""


def known(package: str) -> list[str]:
    """The names of all migrations of this version, in order. Only their file names are looked at."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    return sorted(module.name for module in pkgutil.iter_modules(folders) if module.name[0].isdigit())


async def pending(database: Database) -> list[str]:
    applied = await _applied(database)
    ahead = sorted(applied - set(known(database.migrations)))
    if ahead:
        raise StoreError(f"The database is newer than this program: it knows migration '{ahead[-1]}'. Install that version.")
    return [name for name in known(database.migrations) if name not in applied]


async def migrate(database: Database) -> list[str]:
    if not await pending(database):
        return []
    async with _alone(database):
        todo = await pending(database)
        if not todo:
            return []
        if database.dialect == "sqlite":
            await asyncio.to_thread(_copy, database, todo[0])
        await _run(database)
        return todo


async def _applied(database: Database) -> set[str]:
    try:
        return {row["name"] for row in await database.read(APPLIED, APP)}
    except (sqlite3.OperationalError, asyncpg.UndefinedTableError):
        return set()


async def _run(database: Database) -> None:
    # On SQLite a changed table is rebuilt, and dropping the old one must not touch the rows that point to it.
    changes = {"foreign_keys": "OFF"} if database.dialect == "sqlite" else {}
    context = TortoiseContext()
    token = tortoise_context._current_context.set(context)
    try:
        config = database.config(**changes)
        await context.init(config)
        client = context.connections.get(database.alias)
        before = MigrationExecutor(client, config["apps"])
        await before.recorder.ensure_schema(before._schema_editor(atomic=False))
        # Tortoise notes a migration after committing it; a program killed in between could never start again.
        # In one transaction around everything, its own become savepoints.
        async with client._in_transaction() as transaction:
            await MigrationExecutor(transaction, config["apps"]).migrate([MigrationTarget(APP, "__latest__")])
            await context.generate_schemas(safe=True)
            for statement in guards.SQLITE if database.dialect == "sqlite" else guards.POSTGRESQL:
                await transaction.execute_query(statement)
            if database.dialect == "sqlite":
                broken = await transaction.execute_query_dict("PRAGMA foreign_key_check")
                if broken:
                    raise StoreError(f"{len(broken)} rows would point to nothing. Nothing was migrated.")
    finally:
        await context.close_connections()
        tortoise_context._current_context.reset(token)


@asynccontextmanager
async def _alone(database: Database) -> AsyncIterator[None]:
    """Other processes that start at the same time wait here, and then find nothing to do."""
    if database.dialect == "sqlite":
        handle = await asyncio.to_thread(_lock_file, _path(database))
        try:
            yield
        finally:
            os.close(handle)
    else:
        async with _pool(database).acquire() as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
            try:
                yield
            finally:
                await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


def _lock_file(path: Path) -> int:
    handle = os.open(path.with_name(f"{path.name}.migrating"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _copy(database: Database, name: str) -> None:
    """Keeps the file as it was before the first of the new migrations, unless there was nothing in it yet."""
    path = _path(database)
    with closing(sqlite3.connect(path)) as source:
        if not source.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return
        target = path.with_name(f"{path.name}.before-{name}")
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(target)) as copy:
            source.backup(copy)


def _path(database: Database) -> Path:
    from .sqlite import SqliteDatabase

    assert isinstance(database, SqliteDatabase)
    return database.path


def _pool(database: Database) -> asyncpg.Pool:
    from .postgresql import PostgresDatabase

    assert isinstance(database, PostgresDatabase)
    return database.pool
