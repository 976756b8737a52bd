"""
Reconnect hint about accounts that no longer work, in responses and events.

No link is made before a caller asks that may make one: reading an account mints nothing, and what an
event carries is kept for days.
"""

from typing import Literal

from msgspec import Struct


class ReconnectOut(Struct, frozen=True):
    method: Literal["POST"]
    path: str


def reconnect(account_id: str) -> ReconnectOut:
    return ReconnectOut("POST", f"/jackfield/accounts/{account_id}/reconnect_link")
