"""Requests that revoke credentials at their provider, and the one that proves it."""

import asyncio
from typing import Final

import structlog

from jackfield.accounts.access import AccountAccess, open_credentials
from jackfield.accounts.models import CredentialRejected
from jackfield.accounts.provider import ProviderAccount, safe
from jackfield.accounts.revocation.grants import is_shared
from jackfield.accounts.revocation.models import RevocationOutcome, RevocationResult
from jackfield.accounts.token_endpoint import token_endpoint
from jackfield.accounts.verification import probe_context, verify_account
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.revocation import Revocation
from jackfield.engine.oauth.tokens import REFRESH_TOKEN
from jackfield.kit import redaction
from jackfield.kit.errors import HubError, ProviderError, ProviderTimeout
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


async def revoke(hub: Hub, access: AccountAccess) -> RevocationOutcome:
    """Revoke an account's credentials at the provider, and find out whether it still takes them."""
    revocation = access.method.revocation
    assert revocation is not None, "asked only where there is one"
    try:
        async with asyncio.timeout(_SECONDS):
            outcome = await _request(hub, access, revocation)
    except TimeoutError:
        return _failed(ProviderTimeout())
    except HubError as error:
        if error.retryable:
            return _failed(error)
        outcome = _failed(error)
    except Exception:  # noqa: BLE001 - the account ends whatever happens
        _log.exception("revocation_crashed", account_id=access.account.id)
        return _failed(HubError())
    if outcome.result is RevocationResult.NOT_APPLICABLE or outcome is _PERHAPS_SHARED:
        return outcome
    if not _can_be_proved(hub, access, outcome) or not await _is_refused(hub, access, revocation):
        return outcome
    # However it came about: a revocation that is repeated may be refused itself.
    return RevocationOutcome(
        RevocationResult.REVOKED, "The provider refuses the credentials now.", proved=True
    )


async def _request(hub: Hub, access: AccountAccess, revocation: Revocation) -> RevocationOutcome:
    credentials = open_credentials(hub, access)
    redaction.learn(credentials.redactor)
    account = ProviderAccount.of(access, credentials)
    tokens, second = revocation.tokens_of(credentials.values), access.method.second_token
    if second is not None:
        tokens += revocation.tokens_of(second.in_place(credentials.values))
    if revocation.url is not None and not tokens:
        return _NOTHING
    if revocation.shared_grant:
        shared = await is_shared(hub, access, credentials.values.get(REFRESH_TOKEN))
        if shared is not False:
            return _SHARED if shared else _PERHAPS_SHARED
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
    return RevocationOutcome(
        RevocationResult.REVOKED, "The provider says that it revoked the credentials."
    )


def _can_be_proved(hub: Hub, access: AccountAccess, outcome: RevocationOutcome) -> bool:
    """Whether it says anything that the provider refuses an access token, if there is one."""
    tokens = access.tokens
    if tokens is None:
        return True
    # It may have expired, with a refresh token that gets another one.
    is_told = (
        outcome.result is RevocationResult.REVOKED or REFRESH_TOKEN not in tokens.secrets.fields
    )
    now = hub.clock()
    return is_told and not any(each.is_expired(now) for each in access.token_times.values())


async def _is_refused(hub: Hub, access: AccountAccess, revocation: Revocation) -> bool:
    """Return whether the provider refuses the credentials in so many words."""
    method = access.method
    try:
        async with asyncio.timeout(_SECONDS):
            if revocation.compiled_proof is None or revocation.proof is None:
                await verify_account(hub, access)
                return False
            account = ProviderAccount.of(access, open_credentials(hub, access))
            context = probe_context(hub, account, method, revocation.proof, seconds=_SECONDS)
            await revocation.compiled_proof.run(context)
    except CredentialRejected:
        return True
    except ProviderError as error:
        return error.blames_credential or method.find_known(error, {}) is not None
    except (TimeoutError, HubError):
        return False
    return False


def _failed(error: HubError) -> RevocationOutcome:
    why = "The credentials were not revoked; end them at the provider"
    return RevocationOutcome(RevocationResult.FAILED, f"{why}: {error.detail}")


def _find_method(access: AccountAccess) -> AuthMethod | None:
    connector = access.catalog.find(access.account.provider)
    return None if connector is None else connector.find_auth_method(access.account.auth_method)
