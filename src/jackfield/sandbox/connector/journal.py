"""Entries of the log of requests: what each was for, and never what it carried."""

from datetime import datetime

from msgspec import Struct


class Entry(Struct, frozen=True):
    """One request, and the status of its answer: 0 is none."""

    at: datetime
    action: str
    method: str
    path: str
    status: int
    fault: str = ""
