"""Lag of the event loop: how late it runs what is due."""

import asyncio
from time import perf_counter
from typing import Final

from jackfield.kit.counters import Histogram

_EVERY_SECONDS: Final = 0.1


async def observe_lag(lag: Histogram) -> None:
    """Measure until cancelled."""
    while True:
        due = perf_counter() + _EVERY_SECONDS
        await asyncio.sleep(_EVERY_SECONDS)
        lag.observe(max(perf_counter() - due, 0.0))
