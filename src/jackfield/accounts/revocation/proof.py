"""Proof of what became of revoked credentials: a harmless call with them."""

import asyncio
from typing import Final

from jackfield.accounts.access import AccountAccess, open_credentials
from jackfield.accounts.models import CredentialRejected
from jackfield.accounts.provider import ProviderAccount, safe
from jackfield.accounts.revocation.models import Proof, Verdict
from jackfield.accounts.token_endpoint import token_endpoint
from jackfield.accounts.verification import probe_context, verify_account
from jackfield.connectors.auth import AuthMethod
from jackfield.engine.oauth.tokens import REFRESH_TOKEN
from jackfield.kit import redaction
from jackfield.kit.errors import HubError, ProviderError, ProviderTimeout
from jackfield.runtime import Hub

_REFUSED: Final = "The provider refuses the credentials now."
_ACCEPTED: Final = "The provider still accepts the credentials."
_NO_CALL: Final = "The connector has no call that would prove it."
_CALL: Final = "test_action"
_PROOF: Final = "proof"
_SAYS_LITTLE: Final = "The provider refuses the credentials, but not for being dead"
# Causes of a refusal that mean the credentials are no good any more, to anybody.
_FATAL: Final = frozenset({"key_revoked", "key_disabled", "expired", "user_disabled"})


async def prove(hub: Hub, access: AccountAccess, *, seconds: float) -> Proof:
    """Find out whether the provider still accepts an account's credentials, by a harmless call."""
    try:
        by = call_of(hub, access)
    except HubError as error:
        return _unproved(error)
    if by is None:
        return Proof(Verdict.UNKNOWN, _NO_CALL)
    try:
        async with asyncio.timeout(seconds):
            await _call(hub, access, seconds)
    except TimeoutError:
        return _unproved(ProviderTimeout())
    except HubError as error:
        return _told_by(error, access, by)
    return Proof(Verdict.SURVIVED, _ACCEPTED, by)


def call_of(hub: Hub, access: AccountAccess) -> str | None:
    """Return what the call is that proves it; `None` if the connector has none for the account."""
    method = access.method
    if method.revocation is not None and method.revocation.proof is not None:
        return _PROOF
    values = open_credentials(hub, access).values
    tests = (test for test in method.test_actions if test.is_required and test.applies(values))
    return _CALL if next(tests, None) is not None else None


def is_telling(hub: Hub, access: AccountAccess, *, is_revoked: bool) -> bool:
    """Tell whether it says anything that the provider refuses an access token, if there is one."""
    tokens = access.tokens
    if tokens is None:
        return True
    # It may have expired, with a refresh token that gets another one.
    is_told = is_revoked or REFRESH_TOKEN not in tokens.secrets.fields
    now = hub.clock()
    return is_told and not any(each.is_expired(now) for each in access.token_times.values())


async def is_active(hub: Hub, access: AccountAccess) -> bool | None:
    """Ask the provider whether an access token is active; `None` if it does not say."""
    oauth = access.method.oauth
    if access.tokens is None or oauth is None or oauth.introspection is None:
        return None
    credentials = open_credentials(hub, access)
    redaction.learn(credentials.redactor)
    try:
        endpoint = token_endpoint(hub, ProviderAccount.of(access, credentials), access.method)
        return (await endpoint.introspect()).is_active
    except HubError:
        return None


async def _call(hub: Hub, access: AccountAccess, seconds: float) -> None:
    method: AuthMethod = access.method
    revocation = method.revocation
    if revocation is None or revocation.compiled_proof is None or revocation.proof is None:
        await verify_account(hub, access)
        return
    credentials = open_credentials(hub, access)
    redaction.learn(credentials.redactor)
    account = ProviderAccount.of(access, credentials)
    context = probe_context(hub, account, method, revocation.proof, seconds=seconds)
    try:
        await revocation.compiled_proof.run(context)
    except HubError as error:
        raise safe(error, credentials.redactor) from None


def _told_by(error: HubError, access: AccountAccess, by: str) -> Proof:
    """Return what an error of the call proves: only a refusal for what is over proves a death."""
    known, is_refusal = None, isinstance(error, CredentialRejected)
    if isinstance(error, CredentialRejected):
        known = error.known
    elif isinstance(error, ProviderError):
        known = access.method.find_known(error, {})
        is_refusal = error.blames_credential or known is not None
    if not is_refusal:
        return _unproved(error)
    if known is not None and known.cause not in _FATAL:
        return Proof(Verdict.UNKNOWN, f"{_SAYS_LITTLE}: {error.detail}")
    return Proof(Verdict.DEAD, _REFUSED, by)


def _unproved(error: HubError) -> Proof:
    words = f"Nothing proves whether the credentials are dead: {error.detail}"
    return Proof(Verdict.UNKNOWN, words, may_pass=error.retryable)
