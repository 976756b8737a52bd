"""Responses that go on: a process has so many in all, of each project and of each actor."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId

MOST: Final = 50
MOST_OF_A_PROJECT: Final = 10
# Fewer, so that one key does not keep the operator's browser from following.
MOST_OF_AN_ACTOR: Final = 5


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
        self._of_actors: Counter[tuple[ProjectId, Actor]] = Counter()
        self.is_closed = False

    def close(self) -> None:
        """Have every stream end soon, since the process stops."""
        self.is_closed = True

    def reopen(self) -> None:
        """Let streams begin again: the process goes on after all."""
        self.is_closed = False

    @contextmanager
    def place(self, project_id: ProjectId, actor: Actor) -> Generator[None]:
        """
        Have a place while the block runs.

        Raises:
            TooManyStreams: there is none.
        """
        if (
            self._open.total() >= MOST
            or self._open[project_id] >= MOST_OF_A_PROJECT
            or self._of_actors[project_id, actor] >= MOST_OF_AN_ACTOR
        ):
            raise TooManyStreams
        self._open[project_id] += 1
        self._of_actors[project_id, actor] += 1
        try:
            yield
        finally:
            # Without those that have none any more.
            self._open = self._open - Counter({project_id: 1})
            self._of_actors = self._of_actors - Counter({(project_id, actor): 1})
