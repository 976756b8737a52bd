"""Throttle of failed sign-ins, by address of e-mail and by where they come from, for all processes."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from jackfield.members.models import TooManySignIns
from jackfield.members.sessions.repo import count_attempt, forget_attempts, take_back_attempt

if TYPE_CHECKING:
    from jackfield.runtime import Hub

MOST_BY_EMAIL: Final = 10
MOST_BY_ADDRESS: Final = 100
# Behind a proxy all people have its address.
MOST_BY_PROXY: Final = 1000
_WINDOW: Final = timedelta(minutes=15)
# What one customer of a network has.
_V6_NETWORK: Final = 64


async def count(hub: "Hub", email: str, address: str | None) -> None:
    """
    Count an attempt to sign in, before its password or code is looked at.

    So attempts at once are not more than those one after the other, and whether the address of
    e-mail is known makes no difference.

    Raises:
        TooManySignIns: there were too many that failed.
    """
    for subject, most in _subjects(email, address):
        found = await count_attempt(hub.db, subject, hub.clock() + _WINDOW)
        if found.failures > most:
            left = (found.ends_at - hub.clock()).total_seconds()
            raise TooManySignIns(retry_after=max(1.0, left))


async def forgive(hub: "Hub", email: str, address: str | None) -> None:
    """Take back what was counted, once the member is signed in."""
    (subject, _), *others = _subjects(email, address)
    await forget_attempts(hub.db, subject)
    for other, _most in others:
        await take_back_attempt(hub.db, other)


def _subjects(email: str, address: str | None) -> Iterator[tuple[bytes, int]]:
    yield _digest(f"email {email}"), MOST_BY_EMAIL
    if address is not None:
        network, is_proxy = _network(address)
        yield _digest(f"address {network}"), MOST_BY_PROXY if is_proxy else MOST_BY_ADDRESS


def _network(address: str) -> tuple[str, bool]:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address, False
    is_inside = parsed.is_private or parsed.is_loopback
    if parsed.version == 6 and not is_inside:  # noqa: PLR2004 - a version
        return str(ip_network((int(parsed), _V6_NETWORK), strict=False)), False
    return str(parsed), is_inside


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
