"""Limits that processes share in PostgreSQL, over a connection of their own.

Nothing here needs to be there after a crash of the server: no statement waits for the disk.
"""

import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import asyncpg

from jackfield.db import postgres_hosts
from jackfield.db.postgres_errors import REFUSALS, connected
from jackfield.db.tx import DatabaseUnusable
from jackfield.kit.limit_store import (
    FURTHEST_SECONDS,
    IN_LINE_SECONDS,
    LEASE_SECONDS,
    LimitStoreFailed,
    Place,
    PlacesAsked,
    Slots,
    SlotsAsked,
)

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Few digits before the point leave more behind it.
_CLOCK: Final = """clock as materialized (
  select extract(epoch from clock_timestamp() - timestamptz '2026-01-01 00:00:00Z')::float8 as now,
         clock_timestamp() as moment,
         set_config('synchronous_commit', 'off', true) as commits
)"""
_RESERVE: Final = f"""
with {_CLOCK}, asked as (
  select key, rate, spare, number, within
    from unnest($1::bigint[], $2::float8[], $3::float8[], $4::float8[], $5::float8[])
      as t (key, rate, spare, number, within)
)
insert into limit_slots as slot (key, full_at, granted)
select asked.key, clock.now + first.granted / asked.rate, first.granted
  from clock, asked,
       lateral (select least(asked.number, greatest(0,
         floor((asked.within + asked.spare) * asked.rate + 1e-6) + 1)) as granted) as first
 where clock.commits = 'off'
 order by asked.key
    on conflict (key) do update set (full_at, granted) = (
select before.full_at + next.granted / asked.rate, next.granted
  from clock, asked,
       lateral (select least(greatest(slot.full_at, clock.now),
         clock.now + asked.spare + {FURTHEST_SECONDS}) as full_at) as before,
       lateral (select least(asked.number, greatest(0, floor(
         (asked.within + asked.spare - before.full_at + clock.now) * asked.rate + 1e-6) + 1))
         as granted) as next
 where asked.key = excluded.key
)
returning key, full_at, granted, (select now from clock) as now
"""  # noqa: S608 - constants
# A place is taken by its primary key: of two that take one, the second finds it leased.
_OCCUPY: Final = f"""
with {_CLOCK}, asked as (
  select key, most, number from unnest($2::bigint[], $3::int[], $4::int[]) as t (key, most, number)
), held as (
  select place.key, place.process, count(*) as number
    from limit_places place, clock
   where place.key = any($2) and place.leased_until > clock.moment
   group by place.key, place.process
), line as (
  select line.key, line.process, line.since, coalesce(held.number, 0) as number
    from clock, limit_lines line
    left join held on held.key = line.key and held.process = line.process
   where line.key = any($2) and line.until > clock.moment
), taken as (
  insert into limit_places as place (key, place, process, leased_until)
  select asked.key, free.place, $1, clock.moment + interval '{LEASE_SECONDS} seconds'
    from clock, asked
    left join held on held.key = asked.key and held.process = $1
    left join line own on own.key = asked.key and own.process = $1,
         lateral (
           select number as place
             from generate_series(1, asked.most) as number
            where not exists (
                  select from limit_places other
                   where other.key = asked.key and other.place = number
                     and other.leased_until > clock.moment)
            order by random()
            limit asked.number) as free
   where clock.commits = 'off' and not exists (
         select from line other
          where other.key = asked.key and other.process <> $1
            and (other.number, other.since)
                < (coalesce(held.number, 0), coalesce(own.since, clock.moment)))
   order by asked.key, free.place
      on conflict (key, place) do update
     set process = excluded.process, leased_until = excluded.leased_until
   where place.leased_until <= (select moment from clock)
  returning key, place
), served as (
  delete from limit_lines line using asked
   where line.key = asked.key and line.process = $1
     and asked.number <= (select count(*) from taken where taken.key = asked.key)
), waits as (
  insert into limit_lines as line (key, process, since, until)
  select asked.key, $1, clock.moment, clock.moment + interval '{IN_LINE_SECONDS} seconds'
    from clock, asked
   where asked.number > (select count(*) from taken where taken.key = asked.key)
   order by asked.key
      on conflict (key, process) do update
     set until = excluded.until,
         since = case when line.until > excluded.since then line.since else excluded.since end
)
select key, place from taken
"""  # noqa: S608 - constants
_LEAVE: Final = f"""
with {_CLOCK}
delete from limit_places place
 using clock, unnest($2::bigint[], $3::int[]) as gone (key, place)
 where place.key = gone.key and place.place = gone.place and place.process = $1
   and clock.commits = 'off'
"""  # noqa: S608 - constants
_RENEW: Final = f"""
with {_CLOCK}
update limit_places place
   set leased_until = clock.moment + interval '{LEASE_SECONDS} seconds'
  from clock, unnest($2::bigint[], $3::int[]) as held (key, place)
 where place.key = held.key and place.place = held.place and place.process = $1
   and clock.commits = 'off'
"""  # noqa: S608 - constants


class PostgresLimits:
    """A `jackfield.kit.limit_store.LimitStore`."""

    def __init__(self, url: str, *, keeps_sessions: bool = True) -> None:
        """Without `keeps_sessions`, each transaction may have a session of its own."""
        self._url = url
        self._options: dict[str, Any] = {} if keeps_sessions else {"statement_cache_size": 0}
        self._keeps_sessions = keeps_sessions
        self._process = secrets.token_hex(8)
        self._connection: _Connection | None = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    async def reserve(self, asked: Sequence[SlotsAsked]) -> list[Slots]:
        rows = await self._ask(
            _RESERVE,
            [_signed(each.key) for each in asked],
            [each.rate for each in asked],
            [each.spare for each in asked],
            [float(each.number) for each in asked],
            [each.most_seconds for each in asked],
        )
        found = {row["key"]: row for row in rows}
        return [_slots(each, found[_signed(each.key)]) for each in asked]

    async def occupy(self, asked: Sequence[PlacesAsked]) -> list[list[Place]]:
        rows = await self._ask(
            _OCCUPY,
            self._process,
            [_signed(each.key) for each in asked],
            [each.most for each in asked],
            [each.number for each in asked],
        )
        found: dict[int, list[Place]] = {}
        for row in rows:
            found.setdefault(row["key"], []).append(row["place"])
        return [found.get(_signed(each.key), []) for each in asked]

    async def leave(self, places: Sequence[tuple[int, Place]]) -> None:
        await self._ask(_LEAVE, self._process, *_columns(places))

    async def renew(self, places: Sequence[tuple[int, Place]]) -> None:
        await self._ask(_RENEW, self._process, *_columns(places))

    def abandon(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        self.abandon()

    async def _ask(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        async with self._translated():
            connection = self._connection
            if connection is None:
                connection = await connected(postgres_hosts.connect, self._url, **self._options)
                self._connection = connection
            if self._keeps_sessions:
                return await connection.fetch(statement, *values)
            # What prepares a statement and what runs it go to the same session.
            async with connection.transaction():
                return await connection.fetch(statement, *values)

    @asynccontextmanager
    async def _translated(self) -> AsyncGenerator[None]:
        try:
            yield
        except (*REFUSALS, OSError, DatabaseUnusable) as error:
            raise LimitStoreFailed(str(error)) from error


def _slots(asked: SlotsAsked, row: asyncpg.Record) -> Slots:
    granted = row["granted"]
    seconds = row["full_at"] - granted / asked.rate - asked.spare - row["now"]
    return Slots(int(granted), seconds)


def _columns(places: Sequence[tuple[int, Place]]) -> tuple[list[int], list[Place]]:
    return [_signed(key) for key, _ in places], [place for _, place in places]


def _signed(key: int) -> int:
    """Return the number of a key's 64 bits that PostgreSQL has a type for."""
    return key - (1 << 64) if key >> 63 else key
