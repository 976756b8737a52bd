"""The seam between a run and whoever limits requests."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Gate(Protocol):
    """Lets requests of one account through, no more at a time than the provider takes."""

    def enter(self, url: str) -> AbstractAsyncContextManager[None]:
        """Wait for a turn; the request is in flight while the context is open."""
        ...
