"""Limits that processes share in a Redis-compatible store, by scripts that it runs as one step each."""

import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

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

# The braces keep all keys of a script in one place of a cluster.
_PREFIX: Final = "{jackfield}:limits:"
# Few digits before the point leave more behind it.
_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] - 1767225600 + time[2] / 1000000
"""
_RESERVE: Final = f"""
{_NOW}
local answers = {{}}
for index, key in ipairs(KEYS) do
  local rate, spare = tonumber(ARGV[4 * index - 3]), tonumber(ARGV[4 * index - 2])
  local number, within = tonumber(ARGV[4 * index - 1]), tonumber(ARGV[4 * index])
  local full_at = math.max(tonumber(redis.call('GET', key) or now), now)
  full_at = math.min(full_at, now + spare + {FURTHEST_SECONDS})
  local fitting = math.floor((within + spare - full_at + now) * rate + 0.000001) + 1
  local granted = math.min(number, math.max(0, fitting))
  if granted > 0 then
    local next = full_at + granted / rate
    redis.call('SET', key, string.format('%.9f', next), 'PX', math.ceil((next - now) * 1000) + 1000)
  end
  answers[index] = {{ granted, string.format('%.9f', full_at - spare - now) }}
end
return answers
"""
# A place is a member `process:number` with the end of its lease; one who waits is a field `process`
# with the time since when and until when.
_OCCUPY: Final = f"""
{_NOW}
local process, answers = ARGV[1], {{}}
for index = 1, (#KEYS - 1) / 2 do
  local places, line = KEYS[2 * index], KEYS[2 * index + 1]
  local most, number = tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
  redis.call('ZREMRANGEBYSCORE', places, '-inf', now)
  local held, total = {{}}, 0
  for _, member in ipairs(redis.call('ZRANGE', places, 0, -1)) do
    local owner = string.match(member, '^[^:]+')
    held[owner], total = (held[owner] or 0) + 1, total + 1
  end
  local waits, since = redis.call('HGETALL', line), now
  for field = 1, #waits, 2 do
    local from, to = string.match(waits[field + 1], '^(%S+) (%S+)$')
    waits[field + 1] = tonumber(from)
    if tonumber(to) <= now then
      redis.call('HDEL', line, waits[field])
      waits[field + 1] = nil
    elseif waits[field] == process then
      since = tonumber(from)
    end
  end
  local mine, is_next = held[process] or 0, true
  for field = 1, #waits, 2 do
    local other, from = waits[field], waits[field + 1]
    if from and other ~= process then
      local theirs = held[other] or 0
      if theirs < mine or (theirs == mine and from < since) then is_next = false end
    end
  end
  local taken = {{}}
  if is_next then
    for _ = 1, math.min(number, most - total) do
      local place = redis.call('INCR', KEYS[1])
      redis.call('ZADD', places, now + {LEASE_SECONDS}, process .. ':' .. place)
      taken[#taken + 1] = place
    end
    redis.call('PEXPIRE', places, {int(LEASE_SECONDS * 1000) + 1000})
  end
  if #taken < number then
    redis.call('HSET', line, process, since .. ' ' .. (now + {IN_LINE_SECONDS}))
    redis.call('PEXPIRE', line, 5000)
  else
    redis.call('HDEL', line, process)
  end
  answers[index] = taken
end
return answers
"""
_RENEW: Final = f"""
{_NOW}
for index, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'XX', now + {LEASE_SECONDS}, ARGV[index])
  redis.call('PEXPIRE', key, {int(LEASE_SECONDS * 1000) + 1000})
end
return 0
"""
_LEAVE: Final = """
for index, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[index]) end
return 0
"""


class RedisLimits:
    """A `jackfield.kit.limit_store.LimitStore`."""

    def __init__(self, url: str) -> None:
        """
        Connect when something is asked first.

        Raises:
            ValueError: the URL cannot be read, or an option in it is not known.
        """
        self._process = secrets.token_hex(8)
        connect = cast("Callable[..., Redis]", Redis.from_url)  # pyright: ignore[reportUnknownMemberType]
        self._redis = connect(url, max_connections=1, retry=Retry(NoBackoff(), 0))
        pool: Any = self._redis.connection_pool
        try:
            # Options are read only where a connection is made, which is not opened here.
            pool.connection_class(**pool.connection_kwargs)
        except (TypeError, AttributeError, RedisError):
            msg = "an option is not known"
            raise ValueError(msg) from None
        self.is_open = False

    async def reserve(self, asked: Sequence[SlotsAsked]) -> list[Slots]:
        values = [
            number
            for each in asked
            for number in (each.rate, each.spare, each.number, each.most_seconds)
        ]
        answers = await self._ask(_RESERVE, [_key("slots", each.key) for each in asked], values)
        return [Slots(int(number), float(seconds)) for number, seconds in answers]

    async def occupy(self, asked: Sequence[PlacesAsked]) -> list[list[Place]]:
        keys = [f"{_PREFIX}numbers"]
        for each in asked:
            keys += [_key("places", each.key), _key("line", each.key)]
        numbers = [number for each in asked for number in (each.most, each.number)]
        answers = await self._ask(_OCCUPY, keys, [self._process, *numbers])
        return [[int(place) for place in places] for places in answers]

    async def leave(self, places: Sequence[tuple[int, Place]]) -> None:
        await self._ask(_LEAVE, *self._members(places))

    async def renew(self, places: Sequence[tuple[int, Place]]) -> None:
        await self._ask(_RENEW, *self._members(places))

    def abandon(self) -> None:
        # The client disconnects by itself where a question was not answered to its end.
        self.is_open = False

    async def close(self) -> None:
        await self._redis.aclose()

    def _members(self, places: Sequence[tuple[int, Place]]) -> tuple[list[str], list[str]]:
        keys = [_key("places", key) for key, _ in places]
        return keys, [f"{self._process}:{place}" for _, place in places]

    async def _ask(self, script: str, keys: Sequence[str], values: Sequence[Any]) -> Any:
        async with self._translated():
            answer = await self._redis.register_script(script)(keys=keys, args=values)
            self.is_open = True
            return answer

    @asynccontextmanager
    async def _translated(self) -> AsyncGenerator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            raise LimitStoreFailed(str(error)) from error


def _key(kind: str, key: int) -> str:
    return f"{_PREFIX}{kind}:{key:016x}"
