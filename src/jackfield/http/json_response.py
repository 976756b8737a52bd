"""The response that most requests get: JSON."""

from typing import Final

from starlette.responses import Response

_TYPE: Final = (b"content-type", b"application/json")


class JsonResponse(Response):
    """A response of encoded JSON, made without looking at what headers it may have."""

    def __init__(self, content: bytes, status: int = 200) -> None:  # pyright: ignore[reportMissingSuperCall] - which does just that
        self.status_code = status
        self.body = content
        self.background = None
        self.raw_headers = [(b"content-length", b"%d" % len(content)), _TYPE]
