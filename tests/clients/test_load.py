"""A short version of `bench/mcp.py`: twenty clients, forty calls a second, five seconds."""

import pytest

from bench import mcp as bench

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_twenty_clients_call_forty_tools_a_second_without_an_error() -> None:
    figures = await bench.measure(5)

    assert len(figures.seconds) == 200
    assert figures.errors == 0
    assert figures.after_mb - figures.before_mb < 20
