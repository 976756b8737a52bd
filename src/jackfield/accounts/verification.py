"""Verification of credentials at their provider: the only way they become trusted.

Its requests are those of a run of the account. No transaction is open meanwhile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

import structlog

from jackfield.accounts.access import AccountAccess, open_credentials
from jackfield.accounts.credentials import Credentials, secrets_of
from jackfield.accounts.identity import without_masked
from jackfield.accounts.models import Account, CredentialRejected
from jackfield.accounts.provider import ProviderAccount, ProviderTransport, run_context, safe
from jackfield.accounts.renewal.source import request_for
from jackfield.accounts.tokens.store import secret_values
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.credential_errors import KnownError
from jackfield.egress.errors import UnusableCertificate
from jackfield.engine.errors import InvalidStep
from jackfield.engine.oauth.errors import TokenRefused
from jackfield.engine.oauth.tokens import Tokens
from jackfield.engine.run_context import RunContext
from jackfield.engine.steps.sign_jwt import TokenNotSigned
from jackfield.engine.wire.provider_words import said_in, says_failed
from jackfield.kit import redaction
from jackfield.kit.errors import (
    Fault,
    HubError,
    ProviderError,
    ProviderRejected,
    ProviderUnauthorized,
    UnreadableAnswer,
    summary,
)
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile
from jackfield.runtime import Hub

_SECONDS: Final = 30
# Payment, time-out, conflict, lock, too early, legal reasons.
_NOT_ABOUT_CREDENTIALS: Final = frozenset({402, 408, 409, 423, 425, 451, 501, 505})
# A form may name the host: its answer only has to identify the account.
_MOST_BYTES: Final = 1024 * 1024

# A key or a certificate that nothing can be made of: no provider has seen it.
_UNUSABLE: Final = (TokenNotSigned, InvalidStep, UnusableCertificate)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    Submitted credentials that are not verified yet, and their origin owner.

    `values` are by field of `method`, in the form they are stored in. `account` is the one whose
    credentials they replace, if any. `tokens` are those of a sign-in, if there was one.
    """

    project_id: ProjectId
    origin_owner_id: str
    origin_owner_name: str
    profile: Profile
    connector: Connector
    method: AuthMethod
    values: Mapping[str, str] = field(repr=False)
    account: Account | None = None
    tokens: Tokens | None = field(default=None, repr=False)

    @classmethod
    def replacing(cls, access: AccountAccess, values: Mapping[str, str]) -> Self:
        """
        Return new credentials for a linked account.

        Raises:
            AccountNotUsable: the account's connector or auth method is gone.
        """
        account = access.account
        return cls(
            project_id=access.project_id,
            origin_owner_id=account.origin_owner_id,
            origin_owner_name=account.origin_owner_name,
            profile=access.profile,
            connector=access.connector,
            method=access.method,
            values=values,
            account=account,
        )


@dataclass(frozen=True, slots=True)
class VerifiedCredentials:
    """A candidate that its provider accepts, with the account's identity there, if known."""

    candidate: Candidate
    identity: frozenset[str] = field(repr=False)


async def verify(hub: Hub, candidate: Candidate) -> VerifiedCredentials:
    """
    Verify credentials at the provider, and find out the identity of their account there.

    Raises:
        CredentialRejected: the provider rejects them; the faults name the fields, if known.
        ProviderError: the provider could not be reached, or failed.
    """
    method = candidate.method
    if candidate.tokens is None and method.gets_tokens_alone:
        candidate = replace(candidate, tokens=await _first_tokens(hub, candidate))
    account = await account_of(hub, candidate)
    await _run_test_actions(hub, account, method, condemns=_is_refusal)
    identity = await _find_identity(hub, account, method)
    if method.tenants is not None:
        identity = method.tenants.identity(account.credentials.values, identity)
    return VerifiedCredentials(candidate, identity)


async def account_of(hub: Hub, candidate: Candidate) -> ProviderAccount:
    """Return the account that a candidate is or will be, with all that it has of credentials."""
    async with hub.db.read(candidate.project_id) as tx:
        setup = await profiles.current_setup_of(tx, hub, candidate.profile.id)
    secrets = secrets_of(candidate.method, candidate.values).values()
    tokens = {} if candidate.tokens is None else dict(candidate.tokens.values)
    credentials = Credentials.of(
        {**candidate.values, **tokens}, secrets=(*secrets, *secret_values(tokens)), setup=setup
    )
    return at_provider(candidate, credentials)


async def _first_tokens(hub: Hub, candidate: Candidate) -> Tokens:
    """Get tokens for credentials that need no sign-in; a refusal is about these credentials."""
    account = await account_of(hub, candidate)
    try:
        return await request_for(hub, account, candidate.method)
    except _UNUSABLE as error:
        raise _blaming(error, candidate.method) from None
    except ProviderError as error:
        if not isinstance(error, TokenRefused) and not _is_refusal(error):
            raise
        known = candidate.method.find_known(error, candidate.values)
        if error.faults:
            raise rejection(error, known) from None
        raise _rejection(error, candidate.method, known) from None


def _rejection(
    refused: ProviderError, method: AuthMethod, known: KnownError | None
) -> CredentialRejected:
    """
    Return the rejection of what tokens were refused for, in the best words for it.

    It blames the field of the step that mends it or, failing that, those that say who asks.
    """
    raw = None if refused.answer is None else refused.answer.raw
    words = refused.detail
    if words == summary(type(refused)):
        words = said_in(raw) or "the provider gives no token for these credentials"
    if known is not None and known.message:
        words = known.message
    is_client = refused.context.get("reason") == "invalid_client"
    mended = None if known is None or known.step is None else method.field_of_step(known.step)
    blamed = [mended] if mended else sorted(method.client_fields) if is_client else []
    rejected = CredentialRejected(
        words, faults=[Fault(f"credentials.{each}", words) for each in blamed]
    )
    rejected.known = known
    return rejected


async def verify_account(hub: Hub, access: AccountAccess) -> None:
    """
    Verify that the provider still accepts an account's credentials.

    Credentials that were good are only condemned by a clear word: a route that is gone, or a
    conflict, says nothing about them.

    Raises:
        CredentialRejected, ProviderError: as `verify`.
    """
    account = ProviderAccount.of(access, open_credentials(hub, access))
    await _run_test_actions(hub, account, access.method, condemns=_is_clear_refusal)


def probe_context(
    hub: Hub,
    account: ProviderAccount,
    method: AuthMethod,
    action: str | Mapping[str, Json],
    *,
    seconds: float,
) -> RunContext:
    """Return the context of an action of an auth method, such as a test of credentials."""
    transport = ProviderTransport(
        hub.egress,
        account.connector.compiled,
        account.credentials,
        seconds=seconds,
        max_bytes=_MOST_BYTES,
        parts=method.typed_beside_setup(account.credentials.values, action),
    )
    return run_context(hub, account, transport, deadline=seconds, flow="test_action")


def at_provider(candidate: Candidate, credentials: Credentials) -> ProviderAccount:
    """Return the account that a candidate is, or will be."""
    return ProviderAccount(
        project_id=candidate.project_id,
        connector=candidate.connector,
        auth_method=candidate.method.key,
        environment=candidate.profile.environment,
        origin_owner_id=candidate.origin_owner_id,
        origin_owner_name=candidate.origin_owner_name,
        credentials=credentials,
        id=None if candidate.account is None else candidate.account.id,
    )


def _is_clear_refusal(error: ProviderError) -> bool:
    return error.blames_credential


def _is_refusal(error: ProviderError) -> bool:
    """Return whether credentials that were not tried yet are refused, in any words."""
    if not isinstance(error, ProviderUnauthorized | ProviderRejected):
        return False
    says_nothing = error.answer is not None and error.answer.status in _NOT_ABOUT_CREDENTIALS
    return error.blames_credential or not says_nothing


async def _run_test_actions(
    hub: Hub,
    account: ProviderAccount,
    method: AuthMethod,
    *,
    condemns: Callable[[ProviderError], bool],
) -> None:
    credentials = account.credentials
    redaction.learn(credentials.redactor)
    for test in method.test_actions:
        if not test.applies(credentials.values):
            continue
        try:
            context = probe_context(hub, account, method, test.action, seconds=_SECONDS)
            outcome = await test.compiled.run(context)
            _require_success(outcome.data)
        except _UNUSABLE as error:
            blaming = _blaming(error, method)
            if test.is_required or blaming is error:
                raise blaming from None
        except ProviderError as error:
            rejected = safe(error, credentials.redactor)
            if not test.is_required:
                key = account.connector.key
                _log.warning("optional_test_failed", connector=key, code=error.code)
                continue
            known = method.find_known(rejected, credentials.values)
            if known is None and not condemns(rejected):
                raise rejected from None
            raise rejection(rejected, known) from None


def rejection(refused: ProviderError, known: KnownError | None) -> CredentialRejected:
    """Return the rejection of credentials that a provider's refusal is, in the best words for it."""
    faults = [Fault(f"credentials.{each.path}", each.message) for each in refused.faults]
    words = refused.detail if known is None else known.message
    rejected = CredentialRejected(words or refused.detail, faults=faults)
    rejected.known = known
    return rejected


def _blaming(error: HubError, method: AuthMethod) -> HubError:
    """Return the rejection of the fields that `error` blames; itself, if they are not the user's."""
    faults = [
        Fault(f"credentials.{field}", each.message)
        for each in error.faults
        for field in sorted(method.typed_for(each.path))
    ]
    return CredentialRejected(error.detail, faults=faults) if faults else error


def _require_success(answer: Json) -> None:
    """
    Look at what a test action gave back: some providers refuse with a status of success.

    Raises:
        UnreadableAnswer: it says that the request failed.
    """
    if says_failed(answer):
        said = said_in(answer) or "no reason is given"
        msg = f"the provider's answer says that the request failed: {said}"
        raise UnreadableAnswer(msg)


async def _find_identity(hub: Hub, account: ProviderAccount, method: AuthMethod) -> frozenset[str]:
    """Return the identity of the account at the provider; empty if it cannot be found out."""
    credentials = account.credentials
    if method.identity is None:
        return frozenset(
            f"{field.key}/{value}"
            for field in method.config_fields
            if field.identifies_account and (value := credentials.values.get(field.key))
        )
    output: Json = None
    if method.identity.compiled is not None and method.identity.action is not None:
        context = probe_context(hub, account, method, method.identity.action, seconds=_SECONDS)
        try:
            output = (await method.identity.compiled.run(context)).data
        except (ProviderUnauthorized, ProviderRejected, UnreadableAnswer) as refused:
            # The credentials are good, but they do not tell this.
            key = account.connector.key
            _log.warning("identity_not_told", connector=key, code=refused.code)
            return frozenset()
        except _UNUSABLE as error:
            raise _blaming(error, method) from None
        except ProviderError as error:
            raise safe(error, credentials.redactor) from None
    return without_masked(method.identity.read(credentials.values, output))
