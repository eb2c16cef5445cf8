"""A backup is taken while the product runs, is good with the key ring beside it, and can be read by nobody without."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from banli.backups import CannotBackUp, Copied, back_up
from banli.cli import main
from banli.sites import Site, open_site
from banli.store import KeysLost, Store
from banli.store.survey import Looked, survey
from store_kit import behind_the_back, client_of, event, started
from test_store_files import kept


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("BANLI_VAR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["new", "site", "trial"]).exit_code == 0
    return open_site(tmp_path / "trial")


async def run(site: Site, *words: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, main, [*words, "--site", str(site.root)])


async def opened(site: Site, clock: Any) -> Store:
    site.var.mkdir(exist_ok=True)
    return await Store.open(site.database, site.blobs, site.keys, clock)


async def test_what_was_there_at_that_moment_is_in_the_copy_and_what_came_later_is_not(
    site: Site, tmp_path: Path, clock: Any
) -> None:
    store, copy = await opened(site, clock), tmp_path / "disk" / "copy"
    case = await started(store)
    photo = await kept(store, case, content=b"a face" * 500)
    core = site.var / "plugins" / "banli_directory"
    core.mkdir(parents=True)
    with sqlite3.connect(core / "core.db") as book:
        book.execute("CREATE TABLE told (what)")
        book.execute("INSERT INTO told VALUES ('kept')")
    (core / "note.txt").write_text("beside")
    async with store.transaction() as tx:  # somebody is writing at that moment
        await tx.add_file(case, await store.stage_file(case, "id_back", "image/png", b"later"))
        assert back_up(site, copy) == Copied(databases=2, files=3, fresh=3)
    await store.save_case(case, case.revision, [event(store)])
    await store.close()
    assert sorted(path.name for path in copy.iterdir()) == ["banli.db", "blobs", "plugins"]
    with sqlite3.connect(copy / "plugins/banli_directory/core.db") as book:
        assert book.execute("SELECT what FROM told").fetchall() == [("kept",)]
    assert b"a face" not in b"".join(path.read_bytes() for path in copy.rglob("*") if path.is_file())

    with pytest.raises(KeysLost):
        await Store.open(f"sqlite:///{copy / 'banli.db'}", f"file://{copy / 'blobs'}", copy / "keys.json", clock)
    shutil.copy(site.keys, copy / "keys.json")
    restored = await Store.open(f"sqlite:///{copy / 'banli.db'}", f"file://{copy / 'blobs'}", copy / "keys.json", clock)
    assert [looked async for looked in survey(restored)] == [Looked(case.number, 1, 1)]
    assert await restored.file(case.id, photo.id) == (photo, b"a face" * 500)
    await restored.close()


async def test_the_next_backup_into_the_same_folder_copies_what_is_new(site: Site, tmp_path: Path, clock: Any) -> None:
    store = await opened(site, clock)
    case = await started(store)
    await kept(store, case)
    first = back_up(site, tmp_path / "copy")
    await kept(store, case, "id_back")
    assert (first, back_up(site, tmp_path / "copy")) == (Copied(1, 1, 1), Copied(1, 2, 1))
    await store.close()


async def test_where_it_cannot_be_done_the_sentence_says_what_to_do(site: Site, tmp_path: Path, clock: Any) -> None:
    empty = await run(site, "backup", str(tmp_path / "copy"))
    assert empty.exit_code == 1 and "nothing to back up yet" in empty.output
    await (await opened(site, clock)).close()
    inside = await run(site, "backup", str(site.var / "copy"))
    assert inside.exit_code == 1 and "Choose a place outside of it" in inside.output
    (tmp_path / "file").write_text("")
    assert (await run(site, "backup", str(tmp_path / "file"))).exit_code == 2
    grown = Site(**{**vars(site), "database": "postgresql://banli@localhost/banli"})
    with pytest.raises(CannotBackUp, match="pg_dump first"):
        back_up(grown, tmp_path / "copy")


async def test_an_operator_backs_up_audits_and_hears_of_what_was_changed(site: Site, tmp_path: Path, clock: Any) -> None:
    store = await opened(site, clock)
    case = await started(store)
    await kept(store, case)
    other = await started(store, number="8001-20261123-000099", client=client_of(store, "other"))
    copied = await run(site, "backup", str(tmp_path / "copy"))
    assert copied.exit_code == 0
    assert copied.output.splitlines()[0].endswith("copy: 1 databases, 1 files, 1 of them copied now.")
    assert f"Keep {site.keys} in another place" in copied.output
    good = await run(site, "audit")
    assert (good.exit_code, good.output) == (0, "Opened 2 cases with 2 events and 1 files; none with flaws.\n")
    await behind_the_back(store, "UPDATE cases SET last_seq = last_seq + 1 WHERE id = ?", other.id)
    bad = await run(site, "audit")
    assert bad.exit_code == 1
    assert bad.output.splitlines() == [
        f"{other.number}: event 2 was changed, lost or added from outside",
        "Opened 2 cases with 2 events and 1 files; 1 with flaws.",
    ]
    await store.close()
