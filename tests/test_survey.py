"""Everything that is kept of cases can be opened; what cannot is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from banli.store import Sql, Store
from banli.store.survey import Looked, survey
from store_kit import behind_the_back, client_of, event, started
from test_store_files import kept


async def all_of(store: Store) -> list[Looked]:
    """By number: cases of the same millisecond come in any order."""
    return sorted([looked async for looked in survey(store)], key=lambda looked: looked.number)


async def test_cases_that_are_whole_have_no_flaws_and_forgotten_ones_neither(store: Store) -> None:
    whole = await started(store, number="8001-20261123-000076")
    await kept(store, whole)
    whole = await store.save_case(whole, whole.revision, [event(store)])
    gone = await started(store, number="8001-20261123-000077", client=client_of(store, "other"))
    await kept(store, gone)
    gone = await store.save_case(replace(gone, open=False, state="done"), gone.revision, [event(store, "done")])
    async with store.transaction() as tx:
        await tx.forget_case(gone, gone.revision, [event(store, "forgotten", why="retention")])
    assert await all_of(store) == [Looked(whole.number, 2, 1), Looked(gone.number, 3, 0)]


async def test_what_was_changed_or_lost_is_named_with_its_case(store: Store, tmp_path: Path) -> None:
    cases = [await started(store, number=f"8001-20261123-00000{n}", client=client_of(store, str(n))) for n in range(4)]
    lost, changed = await kept(store, cases[0]), await kept(store, cases[1], "id_back")
    (tmp_path / "blobs/cases" / cases[0].id / lost.id).unlink()
    blob = tmp_path / "blobs/cases" / cases[1].id / changed.id
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    row = (await store.database.read(Sql("SELECT sealed_document FROM cases WHERE id = ?"), cases[2].id))[0]
    await behind_the_back(
        store, "UPDATE cases SET sealed_document = ? WHERE id = ?", bytes(row["sealed_document"])[:-1] + b"?", cases[2].id
    )
    found = await all_of(store)
    assert [(looked.number, looked.events, looked.files, len(looked.flaws)) for looked in found] == [
        (cases[0].number, 1, 1, 1), (cases[1].number, 1, 1, 1), (cases[2].number, 1, 0, 1), (cases[3].number, 1, 0, 0),
    ]  # fmt: skip
    assert found[0].flaws[0] == f"id_front: The blob cases/{cases[0].id}/{lost.id} is missing."
    assert found[1].flaws[0].startswith("id_back: ") and "changed" in found[1].flaws[0]
    assert found[2].flaws == ("the case itself was changed from outside",)
