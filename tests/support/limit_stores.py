"""The stores of shared limits, as tests open and age them."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
from redis.asyncio import Redis

from jackfield.db.postgres_limits import PostgresLimits
from jackfield.db.redis_limits import RedisLimits
from jackfield.kit.limit_store import LimitStore

# Opens a store as one more process would.
OpenStore: TypeAlias = Callable[[], LimitStore]


def limit_store(url: str) -> LimitStore:
    return RedisLimits(url) if url.startswith("redis") else PostgresLimits(url)


@asynccontextmanager
async def opening(url: str) -> AsyncGenerator[OpenStore]:
    opened = list[LimitStore]()

    def open_() -> LimitStore:
        opened.append(limit_store(url))
        return opened[-1]

    try:
        yield open_
    finally:
        for each in opened:
            await each.close()


async def age(url: str, *, seconds: float) -> None:
    """Let leases end so much earlier, and take all processes out of the line."""
    if url.startswith("redis"):
        client = Redis.from_url(url)
        for key in await client.keys("*:places:*"):
            for member in await client.zrange(key, 0, -1):
                await client.zincrby(key, -seconds, member)
        for key in await client.keys("*:line:*"):
            await client.delete(key)
        await client.aclose()
        return
    connection = await asyncpg.connect(url)
    await connection.execute(
        f"update limit_places set leased_until = leased_until - interval '{seconds} seconds';"
        "delete from limit_lines"
    )
    await connection.close()
