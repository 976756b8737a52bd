"""Reason phrases of HTTP status codes."""

from http import HTTPStatus
from typing import Final

_PUBLISHED: Final = {
    200: "OK",
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    412: "Precondition Failed",
    413: "Payload Too Large",
    422: "Unprocessable Entity",
    499: "Client Closed Request",
    429: "Too many Requests",
    500: "Internal server error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Unavailable",
    504: "Gateway Timeout",
}


def phrase(status: int) -> str:
    if status in _PUBLISHED:
        return _PUBLISHED[status]
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown error"
