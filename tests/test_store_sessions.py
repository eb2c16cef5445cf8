"""Sessions: a token in the browser, its hash in the table, and nothing to be gained from stealing the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from banli.store import SessionRow, Sql, Store, Tampered
from store_kit import behind_the_back

HOUR = timedelta(hours=1)


async def signed_in(store: Store, subject: str = "s1", kind: str = "client") -> SessionRow:
    return await store.new_session(kind, "8001", subject, {"name": "张三"}, lasts=HOUR)


async def seen(store: Store) -> int:
    return int((await store.database.read(Sql("SELECT seen_at FROM sessions")))[0]["seen_at"])


async def test_a_session_is_found_by_its_token_only(store: Store) -> None:
    session = await signed_in(store)
    assert await store.session(session.token) == session
    assert (await store.session(session.token)).token == session.token  # type: ignore[union-attr]
    assert await store.session("wrong") is None
    assert await store.session(session.id) is None
    assert len(session.token) >= 43 and session.token not in repr(session) and "张三" not in repr(session)


async def test_the_table_gives_away_neither_token_nor_data(store: Store) -> None:
    session = await signed_in(store)
    row = repr(dict((await store.database.read(Sql("SELECT * FROM sessions")))[0]))
    assert session.token not in row and "张三" not in row and "\\xe5\\xbc\\xa0" not in row


async def test_a_session_ends_when_its_time_is_over_or_nobody_uses_it(store: Store, clock) -> None:
    session = await signed_in(store)
    clock.forward(minutes=20)
    assert await store.session(session.token, idle=timedelta(minutes=15)) is None
    assert await store.session(session.token, idle=timedelta(minutes=20)) is not None
    clock.forward(minutes=15)
    assert await store.session(session.token, idle=timedelta(minutes=15)) is not None
    clock.forward(minutes=25)
    assert await store.session(session.token) is None


async def test_its_use_is_noted_once_a_minute(store: Store, clock) -> None:
    session = await signed_in(store)
    begin = await seen(store)
    clock.forward(seconds=59)
    await store.session(session.token)
    assert await seen(store) == begin
    clock.forward(seconds=1)
    assert (await store.session(session.token)).seen_at == clock()  # type: ignore[union-attr]
    assert await seen(store) == begin + 60_000_000


async def test_data_is_saved_and_the_rest_stays(store: Store) -> None:
    session = await signed_in(store)
    saved = await store.save_session(session, {"step": 2})
    assert saved == replace(session, data={"step": 2})
    assert await store.session(session.token) == saved


async def test_signing_in_gives_a_new_token_and_the_old_one_is_void(store: Store) -> None:
    visitor = await store.new_session("visitor", "8001", data={"business": "basic_info_change"}, lasts=HOUR)
    client = await store.renew_session(visitor, kind="client", company="8001", subject="s1", data=visitor.data, lasts=HOUR)
    assert client.token != visitor.token and client.id != visitor.id
    assert await store.session(visitor.token) is None
    assert await store.session(client.token) == client


async def test_signing_out_here_leaves_the_other_device_signed_in(store: Store) -> None:
    phone, tablet = await signed_in(store), await signed_in(store)
    await store.drop_session(phone)
    assert await store.session(phone.token) is None
    assert await store.session(tablet.token) is not None


async def test_the_data_of_one_session_cannot_be_put_into_another(store: Store) -> None:
    one, two = await signed_in(store), await signed_in(store, "s2")
    sealed = (await store.database.read(Sql("SELECT sealed_data FROM sessions WHERE id = ?"), one.id))[0]["sealed_data"]
    await behind_the_back(store, "UPDATE sessions SET sealed_data = ? WHERE id = ?", bytes(sealed), two.id)
    with pytest.raises(Tampered):
        await store.session(two.token)


async def test_sessions_that_are_over_are_swept(store: Store, clock) -> None:
    await signed_in(store)
    clock.forward(minutes=30)
    young = await signed_in(store)
    clock.forward(minutes=40)
    assert (await store.sweep())["sessions"] == 1
    assert await store.session(young.token) == replace(young, seen_at=clock())
