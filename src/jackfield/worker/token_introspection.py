"""Introspection of the access tokens whose expiry only the provider knows."""

import asyncio
import random
from typing import Final

from jackfield.accounts.renewal.introspection import introspect
from jackfield.accounts.tokens.models import DueIntrospection
from jackfield.accounts.tokens.repo import due_introspections
from jackfield.runtime import Hub

_MOST: Final = 500
_AT_ONCE: Final = 16


async def introspect_due(hub: Hub) -> None:
    """Introspect the tokens that are due, some at once."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def ask(due: DueIntrospection) -> None:
        async with room:
            await introspect(hub, due)

    due = await due_introspections(hub.db, most=_MOST)
    # In another order in each process, as renewals are.
    random.shuffle(due)
    await asyncio.gather(*map(ask, due))
