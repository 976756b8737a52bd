"""Signals: what wakes work that waits for rows, once the rows are committed."""

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager


class Signals:
    """
    Those of one process, by topic.

    A signal says that there may be something to do, and no more: several become one, and one that
    is lost costs a while, since whoever waits also looks from time to time.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def send(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for event in self._waiting.get(topic, ()):
                event.set()

    @contextmanager
    def listen(self, topic: str) -> Generator[asyncio.Event]:
        """Yield an event that each signal on `topic` sets."""
        event = asyncio.Event()
        listeners = self._waiting.setdefault(topic, set())
        listeners.add(event)
        try:
            yield event
        finally:
            listeners.discard(event)
