"""Both stores of shared limits: PostgreSQL and a Redis."""

import asyncio
from pathlib import Path

import pytest

from jackfield.db.postgres_limits import PostgresLimits
from jackfield.kit.limit_store import LimitStore, LimitStoreFailed, PlacesAsked, SlotsAsked
from tests.support import postgres, redis
from tests.support.certificates import Authority
from tests.support.limit_stores import OpenStore, age, limit_store
from tests.support.pooler import pooled

pytestmark = pytest.mark.anyio

_KEY = (1 << 64) - 3


async def test_slots_of_all_processes_are_those_of_one_rate(
    open_store: OpenStore,
) -> None:
    one, other = open_store(), open_store()
    asked = SlotsAsked(_KEY, rate=0.01, burst=3, number=2)

    (first,) = await one.reserve([asked])
    (second,) = await other.reserve([asked])
    (third,) = await one.reserve([asked])

    assert (first.number, second.number, third.number) == (2, 2, 2)
    # Three may go at once; each other 100 seconds after the one before.
    assert first.seconds == pytest.approx(-200, abs=1)
    assert second.seconds == pytest.approx(0, abs=60)
    assert third.seconds == pytest.approx(200, abs=60)


async def test_what_begins_too_late_is_not_reserved(open_store: OpenStore) -> None:
    store = open_store()
    asked = SlotsAsked(7, rate=0.01, burst=3, number=5, most_seconds=0)

    (first,) = await store.reserve([asked])
    (second,) = await store.reserve([asked])

    assert first.number == 3
    assert (second.number, second.seconds) == (0, pytest.approx(100, abs=60))


async def test_no_slot_is_so_far_away_that_a_clock_set_back_would_stop_everything(
    open_store: OpenStore,
) -> None:
    store = open_store()
    asked = SlotsAsked(12, rate=0.01, burst=1, number=100)

    await store.reserve([asked])
    (later,) = await store.reserve([asked])

    assert later.seconds == pytest.approx(300, abs=1)


async def test_several_keys_are_answered_in_their_order(
    open_store: OpenStore,
) -> None:
    store = open_store()
    asked = [
        SlotsAsked(key, rate=1, burst=key, number=1, most_seconds=0) for key in (5, 9, 2, _KEY)
    ]

    answers = await store.reserve(asked)

    assert [each.number for each in answers] == [1, 1, 1, 1]
    assert [round(each.seconds) for each in answers[:3]] == [-4, -8, -1]


async def test_slots_that_many_processes_reserve_at_once_are_each_given_once(
    open_store: OpenStore,
) -> None:
    stores = [open_store() for _ in range(4)]
    asked = SlotsAsked(3, rate=0.001, burst=50, number=4, most_seconds=0)

    async def reserve(store: LimitStore) -> int:
        return sum([(await store.reserve([asked]))[0].number for _ in range(5)])

    taken = await asyncio.gather(*map(reserve, stores))

    assert sum(taken) == 50


async def test_places_are_given_up_to_the_cap_and_again_once_they_are_left(
    open_store: OpenStore,
) -> None:
    one, other = open_store(), open_store()

    (first,) = await one.occupy([PlacesAsked(_KEY, most=3, number=2)])
    (second,) = await other.occupy([PlacesAsked(_KEY, most=3, number=2)])
    (none,) = await other.occupy([PlacesAsked(_KEY, most=3, number=1)])
    await one.leave([(_KEY, place) for place in first])
    (again,) = await other.occupy([PlacesAsked(_KEY, most=3, number=1)])

    assert (len(first), len(second), len(none), len(again)) == (2, 1, 0, 1)


async def test_places_that_many_processes_take_at_once_are_no_more_than_there_are(
    open_store: OpenStore,
) -> None:
    stores = [open_store() for _ in range(4)]

    async def occupy(store: LimitStore) -> int:
        return sum(
            [len((await store.occupy([PlacesAsked(4, most=10, number=1)]))[0]) for _ in range(6)]
        )

    taken = await asyncio.gather(*map(occupy, stores))

    assert 0 < sum(taken) <= 10


async def test_who_waits_for_longer_or_has_fewer_is_next(
    open_store: OpenStore,
) -> None:
    one, other = open_store(), open_store()
    asked = PlacesAsked(5, most=1, number=1)
    (held,) = await one.occupy([asked])
    assert await other.occupy([asked]) == [[]]

    await one.leave([(5, held[0])])
    back = await one.occupy([asked])
    theirs = await other.occupy([asked])

    assert (back, len(theirs[0])) == ([[]], 1)


async def test_a_place_that_another_process_holds_cannot_be_left(
    open_store: OpenStore,
) -> None:
    one, other = open_store(), open_store()
    (held,) = await one.occupy([PlacesAsked(6, most=1, number=1)])

    await other.leave([(6, held[0])])

    assert await other.occupy([PlacesAsked(6, most=1, number=1)]) == [[]]


async def test_places_of_a_process_that_ended_are_free_with_their_lease_and_renewed_ones_are_not(
    open_store: OpenStore, limit_store_url: str
) -> None:
    ended, alive, waiting = open_store(), open_store(), open_store()
    await ended.occupy([PlacesAsked(8, most=2, number=1)])
    (held,) = await alive.occupy([PlacesAsked(8, most=2, number=1)])
    asked = PlacesAsked(8, most=2, number=2)
    assert await waiting.occupy([asked]) == [[]]

    await age(limit_store_url, seconds=11)
    await alive.renew([(8, held[0])])
    (found,) = await waiting.occupy([asked])

    assert len(found) == 1


async def test_limits_are_shared_through_a_pooler_that_keeps_no_sessions(
    own_rows: str,
) -> None:
    async with pooled(own_rows, sessions=2) as url:
        one, other = [PostgresLimits(url, keeps_sessions=False) for _ in range(2)]
        asked = SlotsAsked(11, rate=0.01, burst=1, number=1)
        places = PlacesAsked(11, most=1, number=1)

        answers = [(await store.reserve([asked]))[0].seconds for store in (one, other, one)]
        held = [await store.occupy([places]) for store in (one, other)]
        await one.renew([(11, held[0][0][0])])
        await one.leave([(11, held[0][0][0])])
        await one.close()
        await other.close()

    assert answers == pytest.approx([0, 100, 200], abs=60)
    assert [len(each[0]) for each in held] == [1, 0]


async def test_a_redis_is_asked_over_tls_with_a_password(tmp_path: Path) -> None:
    authority, port = Authority(), postgres.free_port()
    pair = authority.issue("redis")
    for name, text in (("root", authority.root), ("cert", pair.certificate), ("key", pair.key)):
        (tmp_path / name).write_text(text, "utf-8")
    files = [f"--tls-{name}-file {tmp_path / name}".split() for name in ("cert", "key")]
    secured = ("--requirepass", "p/w", "--tls-port", str(port), "--tls-auth-clients", "no")
    server = redis.Server(tmp_path, options=(*files[0], *files[1], *secured))
    await asyncio.to_thread(server.start)
    try:
        store = limit_store(f"rediss://:p%2Fw@127.0.0.1:{port}?ssl_ca_certs={tmp_path / 'root'}")
        (slots,) = await store.reserve([SlotsAsked(1, rate=1, burst=1, number=1)])
        await store.close()
        unknown = limit_store(f"rediss://:p%2Fw@127.0.0.1:{port}")
        with pytest.raises(LimitStoreFailed):
            await unknown.renew([])
        await unknown.close()
    finally:
        server.stop()

    assert slots.number == 1


@pytest.mark.parametrize(
    "url", ["postgresql://x:hidden@127.0.0.1:1/x", "redis://:hidden@127.0.0.1:1"]
)
async def test_a_store_that_is_not_there_fails_without_its_password(url: str) -> None:
    store = limit_store(url)

    with pytest.raises(LimitStoreFailed) as failed:
        await store.renew([])

    assert "hidden" not in str(failed.value)
    await store.close()


@pytest.mark.parametrize("option", ["foo=bar", "retry=x", "protocol=9", "credential_provider=x"])
def test_an_option_of_a_url_that_is_not_known_is_refused_at_the_start_and_without_the_password(
    option: str,
) -> None:
    with pytest.raises(ValueError, match="option") as refused:
        limit_store(f"redis://:hidden@127.0.0.1:1/0?{option}")

    assert "hidden" not in str(refused.value)
    assert refused.value.__suppress_context__
