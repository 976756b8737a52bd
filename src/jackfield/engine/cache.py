"""The seam to a cache of provider answers, for steps with `cacheTTL`."""

from typing import Protocol

from jackfield.engine.transport import Response


class AnswerCache(Protocol):
    """Keeps answers of one account. The key never contains a credential."""

    async def get(self, key: str) -> Response | None: ...

    async def put(self, key: str, response: Response, *, seconds: float) -> None: ...
