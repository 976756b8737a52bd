"""Introspection of the access tokens whose expiry only the provider knows."""

from functools import partial
from typing import Final

from jackfield.accounts.renewal.introspection import introspect
from jackfield.accounts.renewal.turns import LEASE
from jackfield.accounts.tokens.models import DueIntrospection
from jackfield.accounts.tokens.repo import claim_introspections
from jackfield.runtime import Hub
from jackfield.worker.claims import work_off

_AT_ONCE: Final = 16


async def introspect_due(hub: Hub) -> None:
    """Introspect the tokens that are due, some at once."""

    async def claim(most: int) -> list[DueIntrospection]:
        return await claim_introspections(hub.db, until=hub.clock() + LEASE, most=most)

    await work_off(claim, partial(introspect, hub), at_once=_AT_ONCE)
