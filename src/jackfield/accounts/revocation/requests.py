"""Requests that revoke credentials at their provider."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import structlog

from jackfield.accounts.access import AccountAccess, open_credentials
from jackfield.accounts.provider import ProviderAccount, safe
from jackfield.accounts.revocation.grants import is_shared
from jackfield.accounts.revocation.models import RevocationOutcome, RevocationResult, Verdict
from jackfield.accounts.revocation.proof import is_telling, prove
from jackfield.accounts.token_endpoint import token_endpoint
from jackfield.accounts.verification import probe_context
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.revocation import Revocation
from jackfield.engine.oauth.tokens import REFRESH_TOKEN
from jackfield.kit import redaction
from jackfield.kit.errors import HubError, ProviderTimeout
from jackfield.runtime import Hub

# Deleting an account waits for no longer, however slow its provider is; the same for the proof.
_SECONDS: Final = 10.0

_log = structlog.get_logger()

_ERASED_ONLY: Final = RevocationOutcome(
    RevocationResult.UNSUPPORTED,
    "The provider offers no way to revoke the credentials from here: end them there.",
)
_NOTHING: Final = RevocationOutcome(
    RevocationResult.NOT_APPLICABLE, "The account has nothing that could be revoked."
)
_SHARED: Final = RevocationOutcome(
    RevocationResult.NOT_APPLICABLE,
    "Another account uses the same grant: it is revoked with the last of them.",
)
_PERHAPS_SHARED: Final = RevocationOutcome(
    RevocationResult.FAILED,
    "Nothing tells whether another account uses the same grant, so it was not revoked.",
)


def outcome_without_request(access: AccountAccess) -> RevocationOutcome | None:
    """Return the outcome if there is nothing to ask the provider for."""
    has_secrets = bool(access.secrets.fields) or access.tokens is not None
    method = _find_method(access)
    if not has_secrets:
        return _NOTHING
    return _ERASED_ONLY if method is None or method.revocation is None else None


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What a provider answered to a revocation.

    `is_open` is one of which nothing is known, or that may go well later; one that is `kept` was
    not sent, as other accounts live on the same grant.
    """

    outcome: RevocationOutcome
    is_open: bool = False
    is_kept: bool = False


async def ask(hub: Hub, access: AccountAccess, ending: Collection[str] | None = ()) -> Asked:
    """
    Ask an account's provider to revoke its credentials.

    The accounts `ending` end as well, whatever they share; with `None` all of the provider's do.
    """
    revocation = access.method.revocation
    assert revocation is not None, "asked only where there is one"
    try:
        async with asyncio.timeout(_SECONDS):
            return await _request(hub, access, revocation, ending)
    except TimeoutError:
        return Asked(_failed(ProviderTimeout()), is_open=True)
    except HubError as error:
        return Asked(_failed(error), is_open=error.retryable)
    except Exception:  # noqa: BLE001 - the account ends whatever happens
        _log.exception("revocation_crashed", account_id=access.account.id)
        return Asked(_failed(HubError()), is_open=True)


async def revoke(hub: Hub, access: AccountAccess) -> RevocationOutcome:
    """Revoke an account's credentials at the provider, and find out whether it still takes them."""
    asked = await ask(hub, access)
    if asked.is_open or asked.is_kept:
        return asked.outcome
    is_revoked = asked.outcome.result is RevocationResult.REVOKED
    if not is_telling(hub, access, is_revoked=is_revoked):
        return asked.outcome
    if (await prove(hub, access, seconds=_SECONDS)).verdict is not Verdict.DEAD:
        return asked.outcome
    # However it came about: a revocation that is repeated may be refused itself.
    return RevocationOutcome(
        RevocationResult.REVOKED, "The provider refuses the credentials now.", proved=True
    )


async def _request(
    hub: Hub, access: AccountAccess, revocation: Revocation, ending: Collection[str] | None
) -> Asked:
    credentials = open_credentials(hub, access)
    redaction.learn(credentials.redactor)
    account = ProviderAccount.of(access, credentials)
    tokens, second = revocation.tokens_of(credentials.values), access.method.second_token
    if second is not None:
        tokens += revocation.tokens_of(second.in_place(credentials.values))
    if revocation.url is not None and not tokens:
        return Asked(_NOTHING, is_kept=True)
    if revocation.shared_grant and ending is not None:
        shared = await is_shared(hub, access, credentials.values.get(REFRESH_TOKEN), ending)
        if shared is not False:
            return Asked(_SHARED if shared else _PERHAPS_SHARED, is_kept=True)
    try:
        if revocation.compiled is not None and revocation.action is not None:
            action = revocation.action
            context = probe_context(hub, account, access.method, action, seconds=_SECONDS)
            await revocation.compiled.run(context)
        else:
            endpoint = token_endpoint(hub, account, access.method)
            for name, token in tokens:
                await endpoint.revoke(revocation.address, token, name)
    except HubError as error:
        raise safe(error, credentials.redactor) from None
    return Asked(
        RevocationOutcome(
            RevocationResult.REVOKED, "The provider says that it revoked the credentials."
        )
    )


def _failed(error: HubError) -> RevocationOutcome:
    why = "The credentials were not revoked; end them at the provider"
    return RevocationOutcome(RevocationResult.FAILED, f"{why}: {error.detail}")


def _find_method(access: AccountAccess) -> AuthMethod | None:
    connector = access.catalog.find(access.account.provider)
    return None if connector is None else connector.find_auth_method(access.account.auth_method)
