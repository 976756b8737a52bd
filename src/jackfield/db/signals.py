"""Signals: what wakes work that waits for rows, once the rows are committed."""

import asyncio
from collections.abc import Generator, Iterable
from contextlib import contextmanager


class Signals:
    """
    The signals of one process, by topic.

    A signal means that there may be work: several become one, and a lost one only delays the work,
    since listeners also poll.
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
