"""Narrowed keys: API keys that another key minted, and that may do less than it."""

from datetime import timedelta
from typing import Final

from jackfield.kit.errors import Conflict, HubError, InvalidRequest

DEFAULT_MINUTES: Final = 60
LONGEST_MINUTES: Final = 30 * 24 * 60
MOST_CALLS: Final = 1_000_000
MOST_VALUES: Final = 100
# Of keys that work: those of an ordinary key, and those of one that is narrowed itself.
MOST_CHILDREN: Final = 10_000
MOST_GRANDCHILDREN: Final = 100
# By more than this the clocks of two machines do not differ.
CLOCK_TOLERANCE: Final = timedelta(minutes=2)


class KeyWiderThanParent(InvalidRequest):
    """An API key mints only keys that may do no more than itself."""

    code = "key_wider_than_parent"


class KeyNotNarrowed(Conflict):
    """Only a key that another one minted can be narrowed further; mint one from this one."""

    code = "key_not_narrowed"


class NarrowedKeyRefused(HubError):
    """A narrowed key runs actions and lists what it may use; this needs an ordinary API key."""

    code = "narrowed_key_refused"
    status = 403


class TooManyNarrowedKeys(Conflict):
    """Too many keys that work were minted from this one. Revoke some, or let them expire."""

    code = "too_many_narrowed_keys"


class CallsUsedUp(HubError):
    """The number of calls of this API key, or of one it comes from, is used up. Mint another."""

    code = "calls_used_up"
    status = 403


class PageNotAllowed(HubError):
    """A page of this origin may not use the key: add it to the project's allowed_origins."""

    code = "page_not_allowed"
    status = 403
