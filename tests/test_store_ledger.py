"""The ledger: what a plugin keeps is sealed, its own, and changed only by who has seen it as it is."""

from __future__ import annotations

import asyncio

from banli.hooks import Entry
from banli.ledgers import PluginLedger
from banli.store import Store


def ledger(store: Store, plugin: str = "acme") -> PluginLedger:
    made = PluginLedger(plugin)
    made.connect(store)
    return made


async def added(store: Store, name: str = "one", owner: str = "client") -> Entry:
    entry = await ledger(store).add("key", name, owner, {"tries": 0, "who": "样本甲"})
    assert entry is not None
    return entry


async def test_a_record_is_found_by_its_name_and_by_its_owner(store: Store) -> None:
    one, two = await added(store), await added(store, "two")
    await added(store, "three", owner="another")
    assert await ledger(store).get("key", "one") == one
    assert {entry.name for entry in await ledger(store).of("key", "client")} == {"one", "two"}
    assert two.document == {"tries": 0, "who": "样本甲"}
    assert await ledger(store).get("key", "four") is None and await ledger(store).of("other", "client") == []


async def test_a_long_list_comes_in_pieces_newest_first(store: Store) -> None:
    for number in range(205):
        await added(store, f"n{number:03}")
    first = await ledger(store).of("key", "client")
    rest = await ledger(store).of("key", "client", first[-1])
    names = [entry.name for entry in (*first, *rest)]
    assert len(first) == 200 and names == [f"n{number:03}" for number in reversed(range(205))]


async def test_a_name_is_given_once_and_each_plugin_has_its_own(store: Store) -> None:
    await added(store)
    assert await ledger(store).add("key", "one", "client", {}) is None
    assert await ledger(store, "other").get("key", "one") is None
    assert await ledger(store, "other").add("key", "one", "client", {"own": True}) is not None


async def test_of_twenty_who_count_at_once_each_counts_once(store: Store) -> None:
    await added(store)

    async def count() -> bool:
        while True:
            entry = await ledger(store).get("key", "one")
            assert entry is not None
            if entry.document["tries"] >= 5:
                return False
            if await ledger(store).change(entry, {**entry.document, "tries": entry.document["tries"] + 1}):
                return True

    counted = await asyncio.gather(*(count() for _ in range(20)))
    assert sum(counted) == 5
    entry = await ledger(store).get("key", "one")
    assert entry is not None and entry.document == {"tries": 5, "who": "样本甲"}


async def test_what_was_changed_meanwhile_is_neither_changed_nor_dropped(store: Store) -> None:
    old = await added(store)
    new = await ledger(store).change(old, {"tries": 1})
    assert new is not None
    assert await ledger(store).change(old, {"tries": 9}) is None
    assert await ledger(store).drop(old) is False
    assert await ledger(store).drop(new) is True
    assert await ledger(store).get("key", "one") is None and await ledger(store).change(new, {}) is None


async def test_nobody_reads_a_record_in_the_database_and_a_new_key_takes_it_over(store: Store) -> None:
    await added(store)
    version = store.vault.rotate()
    moved = await store.rewrap()
    assert moved >= 1 and set(await store.key_usage()) == {version}
    entry = await ledger(store).get("key", "one")
    assert entry is not None and entry.document["who"] == "样本甲"
