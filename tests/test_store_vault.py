"""The key ring: made at the first start, changed while the house is open, and missed with a clear sentence."""

from __future__ import annotations

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banli.store import Key, KeysLost, NewJob, Sql, Store, Tampered, Vault
from banli.store.vault import FOREIGN, LOST
from store_kit import event, hired, started

CLIENT = Sql("SELECT client FROM cases")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.text(min_size=1))
def test_whatever_is_sealed_comes_back_in_its_place_only(value, place: str) -> None:
    key = Key.new()
    sealed = key.pack(value, place)
    assert key.unpack(sealed, place) == value
    for wrong in (lambda: key.unpack(sealed, place + "x"), lambda: Key.new().unpack(sealed, place)):
        with pytest.raises(Tampered):
            wrong()


def test_every_changed_byte_is_told() -> None:
    key = Key.new()
    sealed = key.seal(b"13800138000", "cases|1|document")
    for at in range(len(sealed)):
        with pytest.raises(Tampered):
            key.open(sealed[:at] + bytes([sealed[at] ^ 0x80]) + sealed[at + 1 :], "cases|1|document")
    for cut in (sealed[:-1], sealed[:20], b""):
        with pytest.raises(Tampered):
            key.open(cut, "cases|1|document")


def test_the_same_value_is_sealed_differently_each_time_and_long_ones_are_packed() -> None:
    key = Key.new()
    assert key.pack({"a": 1}, "x") != key.pack({"a": 1}, "x")
    assert len(key.pack({"text": "地址" * 1000}, "x")) < 200


def test_a_keyed_hash_is_equal_for_equal_values_of_one_purpose_on_one_ring(tmp_path: Path) -> None:
    vault, other = Vault.create(tmp_path / "a.json"), Vault.create(tmp_path / "b.json")
    one = vault.lookup_hash("client", "11010519491231002X")
    assert one == vault.lookup_hash("client", "11010519491231002X") and len(one) == 64
    assert one != vault.lookup_hash("phone", "11010519491231002X")
    assert one != other.lookup_hash("client", "11010519491231002X")


def test_the_ring_is_for_its_owner_only_and_shows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys.json"
    vault = Vault.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = json.loads(path.read_text())["keys"]["1"]
    assert secret not in repr(vault) and secret not in repr(vars(vault)["_keys"])
    vault.rotate()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [name.name for name in path.parent.iterdir()] == ["keys.json"]


def test_two_first_starts_at_once_agree_on_one_ring(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: Vault.create(path), range(8)))
    assert len({vault.text() for vault in vaults}) == 1


def test_the_ring_may_come_from_the_environment(tmp_path: Path) -> None:
    text = Vault.create(tmp_path / "keys.json").text()
    vault = Vault.open(None, {"BANLI_KEYS": text})
    assert vault is not None and vault.text() == text
    with pytest.raises(KeysLost, match="cannot be changed from here"):
        vault.rotate()
    assert vault.versions == (1,), "a key that nobody keeps would seal what nobody can open"
    assert Vault.open(None, {}) is None


@pytest.mark.parametrize("text", ["{", "{}", '{"current": 1, "keys": {"1": "short"}, "lookup": "x"}', "[]"])
def test_a_ring_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(KeysLost) as told:
        Vault.open(path, {})
    assert str(told.value) == f"The key ring {path} cannot be read. Put it back from your backup."


async def test_a_lost_or_foreign_ring_is_told_and_no_new_one_made(store: Store, keys_path: Path, tmp_path: Path) -> None:
    await started(store)
    ring = keys_path.read_text()
    keys_path.unlink()
    with pytest.raises(KeysLost) as told:
        await Store.open(store.database.url, "file:///tmp", keys_path, store.clock)
    assert str(told.value) == LOST.format(where=keys_path)
    assert not keys_path.exists()
    foreign = Vault.create(tmp_path / "foreign.json")
    with pytest.raises(KeysLost) as told:
        await Store.open(store.database.url, "file:///tmp", tmp_path / "foreign.json", store.clock)
    assert str(told.value) == FOREIGN.format(where=tmp_path / "foreign.json")
    with pytest.raises(KeysLost):
        await Store.open(store.database.url, "file:///tmp", None, environ={"BANLI_KEYS": foreign.text()})
    again = await Store.open(store.database.url, "file:///tmp", None, environ={"BANLI_KEYS": ring})
    assert len(await again.cases_of("8001", (await again.database.read(CLIENT))[0]["client"])) == 1
    await again.close()


async def test_the_ring_is_turned_while_work_goes_on(store: Store, keys_path: Path) -> None:
    cases = [await started(store, company=f"{8000 + n}") for n in range(5)]
    staff = await hired(store, "8001", "anna", "Anna", "reviewer", totp="JBSWY3DPEHPK3PXP")
    await store.save_case(cases[0], 1, [event(store)], [NewJob("sms", "k", {"to": "139"})])
    assert await store.key_usage() == {1: 7}
    store.vault.rotate()
    newer = await started(store, company="9000")
    assert await store.key_usage() == {1: 7, 2: 1}
    assert await store.rewrap(batch=2) == 7
    assert await store.rewrap() == 0
    assert await store.key_usage() == {2: 8}
    store.vault.retire(1)
    assert json.loads(keys_path.read_text())["current"] == 2
    fresh = Vault.open(keys_path, {})
    assert fresh is not None and fresh.versions == (2,)
    store.vault = fresh
    assert [(await store.case(id=case.id)).document for case in [*cases, newer]] == [newer.document] * 6  # type: ignore[union-attr]
    assert await store.staff(staff.id) == staff
    assert (await store.job("k")).payload == {"to": "139"}  # type: ignore[union-attr]
    assert await store.verify_chain(cases[0].id) == []
    with pytest.raises(ValueError, match="Rotate first"):
        fresh.retire(2)


async def test_a_key_taken_off_too_early_is_told(store: Store) -> None:
    case = await started(store)
    store.vault.rotate()
    store.vault.retire(1)
    with pytest.raises(Tampered, match="Sealed with key 1, which is not on the ring"):
        await store.case(id=case.id)


async def test_a_process_that_runs_on_takes_over_a_ring_that_another_has_turned(store: Store, keys_path: Path) -> None:
    old = await started(store)
    tool = Vault.open(keys_path, {})
    assert tool is not None
    tool.rotate()
    young = await started(store, company="8002")
    assert await store.key_usage() == {1: 1, 2: 1}
    assert (await store.case(id=old.id), await store.case(id=young.id)) == (old, young)


async def test_rotation_before_the_first_case_of_a_process_reads_what_the_other_has_sealed(
    store: Store, keys_path: Path, tmp_path: Path
) -> None:
    other = await Store.open(store.database.url, f"file://{tmp_path / 'blobs'}", keys_path, store.clock)
    other.vault.rotate()
    case = await started(other)
    await other.close()
    assert await store.case(id=case.id) == case
