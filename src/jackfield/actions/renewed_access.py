"""Access to an account whose tokens are renewed where a run needs it."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.renewal import service as renewal
from jackfield.actions.run_recorder import RunRecorder
from jackfield.engine.oauth.errors import ClientRefused, GrantRefused
from jackfield.kit.errors import HubError, ProviderUnauthorized
from jackfield.kit.redaction import NOTHING
from jackfield.runtime import Hub

T = TypeVar("T")

_HINT: Final = "the account has another access token now: send this write again"


async def run_renewing(
    hub: Hub,
    access: AccountAccess,
    recorder: RunRecorder,
    attempt: Callable[[AccountAccess], Awaitable[T]],
) -> T:
    """
    Make an attempt with tokens that are good; once more if the provider refuses them all the same.

    What has sent a write is not repeated: its error tells that a new token is there.

    Raises:
        GrantRefused: the account must be linked again.
        ClientRefused: the provider does not take the OAuth app of the profile.
        HubError: as the attempt.
    """
    if access.tokens is not None:
        access = recorder.access = await renewal.with_fresh_tokens(hub, access)
    try:
        return await attempt(access)
    except ProviderUnauthorized as refused:
        other = await other_access(hub, access)
        if other is None:
            raise
        recorder.access = other
        if recorder.has_sent_write:
            raise _hinting(refused) from None
    return await attempt(other)


async def other_access(hub: Hub, access: AccountAccess) -> AccountAccess | None:
    """
    Return the account with other tokens than those that were refused; `None` if there are none now.

    Raises:
        GrantRefused: the account must be linked again.
        ClientRefused: the provider does not take the OAuth app of the profile.
    """
    try:
        return await renewal.after_refusal(hub, access)
    except (GrantRefused, ClientRefused):
        raise
    except HubError:
        return None


def remember_secrets(recorder: RunRecorder, credentials: Credentials) -> None:
    """Mask the credentials of an attempt in the whole record of a run, beside those before."""
    if recorder.redactor is not NOTHING:
        credentials.redactor.learn_all(recorder.redactor)
    recorder.redactor = credentials.redactor


def _hinting(refused: ProviderUnauthorized) -> ProviderUnauthorized:
    return ProviderUnauthorized(
        f"{refused.detail} ({_HINT})", answer=refused.answer, faults=refused.faults
    )
