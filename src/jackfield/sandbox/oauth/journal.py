"""The log of requests; nothing in it is a secret, as nothing in a sandbox is."""

from datetime import datetime

from msgspec import Struct

from jackfield.sandbox import journal


class Entry(Struct, frozen=True):
    """One request, and the status of its answer: 0 is none."""

    at: datetime
    endpoint: str
    client_id: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int
    fault: str = ""


class Journal(journal.Journal[Entry]):
    """The newest entries."""

    def of(self, client_id: str, endpoint: str = "") -> list[Entry]:
        """Return the requests of a client, the first one first."""
        return [
            each for each in self if each.client_id == client_id and endpoint in {"", each.endpoint}
        ]
