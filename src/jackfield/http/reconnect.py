"""
Reconnect hint in responses about accounts that no longer work.

No link is made before a caller asks that may make one: reading an account mints nothing.
"""

from typing import Literal

from msgspec import Struct


class ReconnectOut(Struct, frozen=True):
    method: Literal["POST"]
    path: str


def reconnect(account_id: str) -> ReconnectOut:
    return ReconnectOut("POST", f"/jackfield/accounts/{account_id}/reconnect_link")
