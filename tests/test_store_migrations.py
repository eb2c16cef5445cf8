"""Migrations: the tables become what the models say, nothing is lost on the way, and two starts do not collide."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from banli.store import AlreadyOpen, Database, SchemaBehind, Sql, Store, StoreError, guards
from banli.store.database import MIGRATIONS
from banli.store.migrating import known
from banli.store.models import Case, Event, File, Job, Session, Task
from banli.store.sql import Do
from store_kit import behind_the_back, blank_case, event, started

SOURCE = Path(sys.modules["banli.store"].__file__ or "").parents[2]

LATER = """
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

class Migration(migrations.Migration):
    dependencies = [("banli", "{last}")]
    operations = [
        ops.AlterField("Case", "state", fields.CharField(max_length=40)),
        ops.AlterField("Event", "actor", fields.CharField(max_length=100)),
    ]
"""


async def columns_and_indexes(database: Database) -> dict[str, Any]:
    """What the database says it looks like, without the names that it makes up itself."""
    if database.dialect == "sqlite":
        return await _of_sqlite(database)
    columns = await database.read(
        Sql(
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default "
            "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        )
    )
    indexes = await database.read(Sql("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
    keys = await database.read(
        Sql("SELECT conrelid::regclass::text AS t, pg_get_constraintdef(oid) AS d FROM pg_constraint WHERE contype = 'f'")
    )
    triggers = await database.read(Sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"))
    return {
        "columns": [tuple(row.values()) for row in columns],
        "indexes": sorted(row["indexdef"].replace(row["indexname"], "") for row in indexes),
        "keys": sorted((row["t"], row["d"]) for row in keys),
        "triggers": sorted(row["tgname"] for row in triggers),
    }


async def _of_sqlite(database: Database) -> dict[str, Any]:
    master = await database.read(Sql("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
    tables = sorted(row["name"] for row in master if row["type"] == "table")
    looks: dict[str, Any] = {"triggers": sorted(row["name"] for row in master if row["type"] == "trigger")}
    where = {row["name"]: (row["sql"] or "").partition(" WHERE ")[2] for row in master if row["type"] == "index"}
    for table in tables:
        columns = await database.read(Sql(f"SELECT * FROM pragma_table_info('{table}') ORDER BY name"))
        keys = await database.read(Sql(f"SELECT * FROM pragma_foreign_key_list('{table}')"))
        indexes = await database.read(Sql(f"SELECT * FROM pragma_index_list('{table}')"))
        shapes = set()
        for index in indexes:
            of = await database.read(Sql(f"SELECT name FROM pragma_index_info('{index['name']}') ORDER BY seqno"))
            shapes.add((index["unique"], tuple(row["name"] for row in of), where.get(index["name"], "")))
        looks[table] = (
            [(row["name"], row["type"], row["notnull"], row["dflt_value"], row["pk"]) for row in columns],
            sorted(shapes),
            sorted((row["table"], row["from"], row["to"], row["on_delete"]) for row in keys),
        )
    return looks


async def test_the_migrations_yield_what_the_models_say(empty_database_url: str, tmp_path: Path) -> None:
    migrated = await Database.open(empty_database_url)
    assert await migrated.migrate() == known(MIGRATIONS) and len(known(MIGRATIONS)) >= 2
    by_migrations = await columns_and_indexes(migrated)
    by_models_url = f"sqlite:///{tmp_path / 'models.db'}"
    if migrated.dialect == "postgresql":
        await migrated.ping()
        await migrated.write(Do(Sql("DROP SCHEMA public CASCADE")), Do(Sql("CREATE SCHEMA public")))
        by_models_url = empty_database_url
    await migrated.close()

    fresh = await Database.open(by_models_url)
    with fresh.models():
        await fresh.context.generate_schemas()
    for statement in guards.SQLITE if fresh.dialect == "sqlite" else guards.POSTGRESQL:
        await fresh.client.execute_query(statement)
    by_models = await columns_and_indexes(fresh)
    await fresh.close()
    assert _without_recorder(by_migrations) == _without_recorder(by_models)


def _without_recorder(looks: dict[str, Any]) -> dict[str, Any]:
    """Tortoise's own table of what was applied is no model of ours."""
    ours = {name: what for name, what in looks.items() if name != "tortoise_migrations"}
    return {
        name: [line for line in what if "tortoise_migrations" not in str(line)] if isinstance(what, list) else what
        for name, what in ours.items()
    }


async def test_a_second_start_finds_nothing_to_do_and_is_quick(store: Store, keys_path: Path) -> None:
    begun = time.process_time()
    again = await Store.open(store.database.url, "file:///tmp", keys_path, migrate=False)
    took = time.process_time() - begun
    assert await again.database.migrate() == []
    await again.close()
    assert took < 0.3


async def test_a_database_behind_or_ahead_of_the_program_is_told(empty_database_url: str, keys_path: Path) -> None:
    with pytest.raises(SchemaBehind, match="Run `banli migrate`"):
        await Store.open(empty_database_url, "file:///tmp", keys_path, migrate=False)
    store = await Store.open(empty_database_url, "file:///tmp", keys_path)
    await behind_the_back(store, "UPDATE tortoise_migrations SET name = '9999_future' WHERE name LIKE '0001%'")
    await store.close()
    with pytest.raises(StoreError, match="newer than this program: it knows migration '9999_future'"):
        await Store.open(empty_database_url, "file:///tmp", keys_path)


async def test_three_first_starts_at_once_make_one_house(empty_database_url: str, keys_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys\n"
        "from banli.store import Store\n"
        "async def main():\n"
        "    store = await Store.open(sys.argv[1], 'file:///tmp', pathlib.Path(sys.argv[2]))\n"
        "    print(store.vault.lookup_hash('a', 'b'))\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", script, empty_database_url, str(keys_path)),
            env={"PYTHONPATH": str(SOURCE)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    said = [await process.communicate() for process in started]
    assert [error for _, error in said] == [b""] * 3
    assert len({out for out, _ in said}) == 1 and len(said[0][0]) == 65


async def test_a_later_migration_loses_nothing_and_puts_every_guard_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite a changed column means a new table; its rows, references, indexes and triggers must survive that."""
    package = tmp_path / "later" / "later_migrations"
    package.mkdir(parents=True)
    for name in known(MIGRATIONS):
        (package / f"{name}.py").write_text((SOURCE / "banli" / "store" / "migrations" / f"{name}.py").read_text())
    (package / "__init__.py").write_text("")
    (package / "9000_later.py").write_text(LATER.format(last=known(MIGRATIONS)[-1]))
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setitem(sys.modules, "later_migrations", None)
    del sys.modules["later_migrations"]

    case = await started(store)
    case = await store.save_case(case, 1, [event(store)])
    staged = await store.stage_file(case, "id_front", "image/png", b"picture")
    async with store.transaction() as tx:
        await tx.add_file(case, staged)
        task = await tx.open_task(case.id, "8001", "review")
    before = await columns_and_indexes(store.database)

    later = await Database.open(store.database.url, "later_migrations")
    assert await later.migrate() == ["9000_later"]
    after = await columns_and_indexes(later)
    await later.close()

    assert _without_lengths(after) == _without_lengths(before) and after != before
    assert await store.case(id=case.id) == case
    assert await store.verify_chain(case.id) == []
    assert await store.files_of(case.id) == [staged]
    assert await store.tasks_of(case.id) == [task]
    with pytest.raises(AlreadyOpen):
        async with store.transaction() as tx:
            await tx.create_case(blank_case(store))
    with pytest.raises((sqlite3.IntegrityError, asyncpg.RaiseError), match=guards.KEPT):
        await behind_the_back(store, "DELETE FROM events")
    if store.database.dialect == "sqlite":
        copy = sqlite3.connect(tmp_path / "banli.db.before-9000_later")
        assert copy.execute("SELECT count(*) FROM events").fetchone() == (2,)
        applied = [name for (name,) in copy.execute("SELECT name FROM tortoise_migrations ORDER BY name")]
        assert applied == known(MIGRATIONS)
        copy.close()


def _without_lengths(looks: dict[str, Any]) -> dict[str, Any]:
    if "columns" in looks:
        return {**looks, "columns": [(*line[:3], *line[4:]) for line in looks["columns"]]}
    return {
        name: ([(line[0], line[1].partition("(")[0], *line[2:]) for line in what[0]], *what[1:])
        if isinstance(what, tuple)
        else what
        for name, what in looks.items()
    }


@pytest.mark.parametrize("model", [Case, Event, File, Job, Session, Task])
async def test_the_models_read_what_the_statements_have_written(store: Store, model: Any) -> None:
    """Reports and plugins use the models; both dialects may be open in one process, the one used last wins."""
    case = await started(store)
    with store.database.models():
        assert await model.all().count() == (1 if model in (Case, Event) else 0)
        assert await Case.all().values_list("number", flat=True) == [case.number]
