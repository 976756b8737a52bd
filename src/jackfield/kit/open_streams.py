"""Responses that go on, of which one process has a bounded number, in all and of each project."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId

MOST: Final = 50
MOST_OF_A_PROJECT: Final = 10


class TooManyStreams(HubError):
    """Too many live streams are open. Close one, or retry later."""

    code = "too_many_streams"
    status = 429
    retryable = True
    retry_after = 60.0


class OpenStreams:
    """The places of responses that go on; once it `is_closed` they are to end."""

    def __init__(self) -> None:
        self._open: Counter[ProjectId] = Counter()
        self.is_closed = False

    def close(self) -> None:
        """Have every stream end soon, since the process stops."""
        self.is_closed = True

    @contextmanager
    def place(self, project_id: ProjectId) -> Generator[None]:
        """
        Have a place while the block runs.

        Raises:
            TooManyStreams: there is none.
        """
        if self._open.total() >= MOST or self._open[project_id] >= MOST_OF_A_PROJECT:
            raise TooManyStreams
        self._open[project_id] += 1
        try:
            yield
        finally:
            self._open[project_id] -= 1
            if not self._open[project_id]:
                del self._open[project_id]
