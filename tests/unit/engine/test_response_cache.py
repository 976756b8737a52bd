"""Responses are given again for as long as they may be, whatever happens to the clock."""

import pytest

from jackfield.engine.ports import Response
from jackfield.engine.response_cache import ResponseCache
from tests.support.clock import FrozenClock

pytestmark = pytest.mark.anyio

RESPONSE = Response(200, {}, b"{}")


async def test_a_response_is_not_given_again_until_a_clock_that_went_back_is_where_it_was() -> None:
    clock = FrozenClock()
    cache = ResponseCache(clock).of("acc_1")
    await cache.put("key", RESPONSE, seconds=10)
    clock.advance(seconds=9)
    in_time = await cache.get("key")
    clock.advance(hours=-1)

    assert (in_time, await cache.get("key")) == (RESPONSE, None)
