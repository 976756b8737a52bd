"""Hashes of passwords by Argon2id, a few at once and beside the event loop."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# More than OWASP asks for (19 MiB, two passes): who steals the database needs 48 MiB and three
# passes for each guess, and a server some tenth of a second for a sign-in. One lane, as there are
# more sign-ins than processors rather than the other way round.
_PASSES: Final = 3
_KIBIBYTES: Final = 48 * 1024
_HASHER: Final = PasswordHasher(
    time_cost=_PASSES,
    memory_cost=_KIBIBYTES,
    parallelism=1,
    hash_len=32,
    salt_len=16,
    type=Type.ID,
)
# What nothing matches, for addresses of nobody: as much work, also the first time.
_NOBODYS: Final = f"$argon2id$v=19$m={_KIBIBYTES},t={_PASSES},p=1${'A' * 22}${'A' * 43}"
# So many times the memory at most, whatever the number of attempts: others wait.
_THREADS: Final = ThreadPoolExecutor(2, thread_name_prefix="passwords")


def normal(password: str) -> str:
    """Return a password as every keyboard spells it."""
    return unicodedata.normalize("NFKC", password).strip()


async def hashed(password: str) -> str:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_THREADS, _HASHER.hash, normal(password))


async def matches(known: str | None, password: str) -> bool:
    """Return whether a password is the one that `known` was made of; without one, just as late."""
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(_THREADS, _verify, known, normal(password))
    return found and known is not None


def is_outdated(known: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(known)


def _verify(known: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(known or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
