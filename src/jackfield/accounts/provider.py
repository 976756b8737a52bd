"""
Transport to the provider of one account: its connector's hosts, through egress.

A run of an action and a verification of credentials see the same account. `run_context` is the one
place that builds the context of both.
"""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from typing import Final, Self, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.credentials import Credentials
from jackfield.accounts.learned_secrets import LearnedSecrets
from jackfield.accounts.traced_request import fetch_traced
from jackfield.connectors.connector import Connector
from jackfield.egress.client import MOST_BYTES, Egress, OutboundRequest
from jackfield.egress.errors import UnusableCertificate, no_connection
from jackfield.engine.connector import CompiledConnector
from jackfield.engine.credential_faults import faults_of
from jackfield.engine.exchange.failure import LARGEST_SHOWN
from jackfield.engine.ports import Request, Response, Transport
from jackfield.engine.run_context import ActionResult, Flow, RunContext
from jackfield.kit import request_context, spans
from jackfield.kit.errors import Fault, HubError, ProviderAnswer, ProviderError
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.kit.json import Json, encode
from jackfield.kit.large_json import LARGE
from jackfield.kit.large_json_output import is_large
from jackfield.kit.redaction import Redactor
from jackfield.runtime import Hub
from jackfield.vault.cipher import Vault
from jackfield.vault.signing import KeySigner

E = TypeVar("E", bound=HubError)

SIGNER: Final = KeySigner()
# How long a signature is as text: it has no padding.
_SIGNATURE: Final = 28
_FIRST_REFUSAL: Final = 400


class ProviderAccount(Struct, frozen=True):
    """An account as its connector sees it; without an `id` until it is linked."""

    project_id: ProjectId
    connector: Connector
    auth_method: str
    environment: str
    origin_owner_id: str
    origin_owner_name: str
    credentials: Credentials
    id: AccountId | None = None

    @classmethod
    def of(
        cls, access: AccountAccess, credentials: Credentials, connector: Connector | None = None
    ) -> Self:
        """Return a linked account with its opened credentials; `connector`, if it is known already."""
        account = access.account
        return cls(
            project_id=access.project_id,
            connector=connector or access.connector,
            auth_method=account.auth_method,
            environment=account.environment,
            origin_owner_id=account.origin_owner_id,
            origin_owner_name=account.origin_owner_name,
            credentials=credentials,
            id=account.id,
        )

    @property
    def limited_as(self) -> str:
        """The key of its rate limit; before it is linked, its owner's attempts share one."""
        return self.id or f"{self.project_id}/{self.origin_owner_id}/{self.connector.key}"

    @property
    def context(self) -> dict[str, Json]:
        """The identifiers that the connector's expressions see."""
        known: dict[str, Json] = {
            # Plain texts: to an expression, anything else that is no JSON is an object.
            "projectSecureId": str(self.project_id),
            "originOwnerId": self.origin_owner_id,
            "originOwnerName": self.origin_owner_name,
        }
        return known if self.id is None else {**known, "accountSecureId": str(self.id)}


def run_context(
    hub: Hub,
    account: ProviderAccount,
    transport: Transport,
    *,
    deadline: float,
    flow: Flow = "action",
) -> RunContext:
    """
    Return the context of an action of `account`, which may take `deadline` seconds.

    The parts of a single run (inputs, cursor, trace) are added with `replace`.
    """
    limited_as = account.limited_as
    return RunContext(
        inputs={},
        credentials=account.credentials.values,
        transport=transport,
        auth_method=account.auth_method,
        environment=account.environment,
        identifiers=account.context,
        limiter=hub.limiter.for_account(limited_as, account.connector.compiled.limits),
        signer=SIGNER,
        cursors=AccountCursors(hub.vault, f"{account.project_id}/{limited_as}"),
        flow=flow,
        deadline=deadline,
        clock=hub.clock,
        sleep=hub.sleep,
        clocks=hub.clocks,
    )


class AccountCursors(Struct, frozen=True):
    """Cursors signed for one account: a made-up one could name any path of its provider."""

    vault: Vault
    place: str

    def seal(self, cursor: str, action_id: str) -> str:
        signature = self.vault.sign(self._signed(cursor, action_id))
        return urlsafe_b64encode(signature).decode() + cursor

    def open(self, sealed: str, action_id: str) -> str | None:
        head, cursor = sealed[:_SIGNATURE], sealed[_SIGNATURE:]
        try:
            signature = urlsafe_b64decode(head)
        except ValueError:
            return None
        is_ours = self.vault.is_signed(signature, self._signed(cursor, action_id))
        # The one spelling only: what was altered is not ours, even where it decodes alike.
        return cursor if is_ours and urlsafe_b64encode(signature).decode() == head else None

    def _signed(self, cursor: str, action_id: str) -> bytes:
        return encode(["cursor", self.place, action_id, cursor])


class ProviderTransport:
    """
    The transport of the engine's requests, to the hosts that the connector declares only.

    A credential that the provider echoes is masked before the engine sees the response, and so is a
    token that the run signed in with.
    """

    def __init__(
        self,
        egress: Egress,
        connector: CompiledConnector,
        credentials: Credentials,
        *,
        seconds: float = 60,
        max_bytes: int = MOST_BYTES,
        parts: frozenset[str] = frozenset(),
    ) -> None:
        self.credentials: Final = credentials
        self.learned: Final = LearnedSecrets(credentials.redactor)
        self._egress = egress
        self._connector = connector
        self._seconds = seconds
        self._max_bytes = max_bytes
        # Credentials that are no whole host, as an operator's secrets are sent.
        self._parts = parts

    async def send(self, request: Request) -> Response:
        self.learned.sent(request)
        if self.credentials.is_decoy:
            raise await no_connection(request.url)
        certificate = shown_to(request)
        outbound = OutboundRequest(
            request.method,
            request.url,
            headers=request.headers,
            body=request.body,
            seconds=self._seconds,
            max_bytes=self._max_bytes,
            follow=request.follow,
            may_visit=self._is_declared,
            certificate=certificate,
        )
        try:
            if (run := spans.RUN.get()) is None:
                response = await self._egress.fetch(outbound)
            else:
                response = await fetch_traced(run, self._egress, outbound)
        except UnusableCertificate as error:
            raise self._blaming(error, certificate or ()) from error
        is_refusal = response.status >= _FIRST_REFUSAL
        body = response.body[:LARGEST_SHOWN] if is_refusal else response.body
        redactor = self.credentials.redactor
        if len(body) > LARGE or (redactor.is_costly and redactor.may_be_in(body)):
            body = await asyncio.to_thread(self._masked, body, is_refusal=is_refusal)
        else:
            body = self._masked(body, is_refusal=is_refusal)
        self.learned.answered(request, body)
        return Response(response.status, response.headers, body, response.url)

    def _masked(self, body: bytes, *, is_refusal: bool) -> bytes:
        redactor = self.credentials.redactor
        return redactor.content(body) if is_refusal or redactor.may_be_in(body) else body

    def _blaming(self, error: UnusableCertificate, texts: Iterable[str]) -> UnusableCertificate:
        """Return the error with a fault at each credential the certificate and its key are made of."""
        values = self.credentials.values
        faults = [each for text in texts for each in faults_of(values, text, error.detail)]
        blaming = UnusableCertificate(error.detail, faults=faults)
        blaming.nothing_sent = error.nothing_sent
        return blaming

    def _is_declared(self, url: str) -> bool:
        return self._connector.allows(url, self.credentials.values, parts=self._parts)


def shown_to(request: Request) -> tuple[str, str] | None:
    """Return the client certificate of a request as egress takes it: chain and key."""
    if request.certificate is None:
        return None
    return "\n".join(request.certificate.certificates), "\n".join(request.certificate.keys)


def safe(error: E, redactor: Redactor) -> E:
    """Return `error` with the account's secrets masked in all that it may show."""
    faults = [Fault(redactor.text(each.path), redactor.text(each.message)) for each in error.faults]
    if isinstance(error, ProviderError):
        answer = error.answer and ProviderAnswer(
            error.answer.status,
            redactor.url(error.answer.url),
            redactor.value(error.answer.raw),
            {name: redactor.text(value) for name, value in error.answer.headers.items()},
        )
        masked = type(error)(
            redactor.text(error.detail),
            answer=answer,
            retry_after=error.retry_after,
            faults=faults,
            **error.context,
        )
        return _with_facts_of(error, masked)
    detail = redactor.text(error.detail)
    if detail == error.detail and faults == list(error.faults):
        return error
    return _with_facts_of(error, type(error)(detail, faults=faults, **error.context))


def _with_facts_of(error: E, masked: E) -> E:
    """Carry over what was noted on an error since it was raised, such as `nothing_sent`."""
    for name, value in vars(error).items():
        if name not in vars(masked):
            setattr(masked, name, value)
    return masked


async def safe_result(result: ActionResult, redactor: Redactor) -> ActionResult:
    """
    Return `result` with the account's secrets masked; only the cursor is as it was.

    Most were masked in the provider's answer. What is left are those in the hub's own words (the
    URL of a request), in what a connector made of the credentials, and those of a sign-in step.
    """
    data, encoded = await safe_data(result.data, redactor, is_heavy=result.is_heavy)
    extra, file, warnings = result.extra, result.file, result.warnings
    if extra:
        extra, _ = await safe_data(dict(extra), redactor, is_heavy=result.is_heavy)
    if file is not None and file.name is not None:
        file = replace(file, name=redactor.text(file.name))
    if warnings:
        warnings = tuple([redactor.text(each) for each in warnings])
    return replace(result, data=data, encoded=encoded, extra=extra, file=file, warnings=warnings)


async def safe_data(data: Json, redactor: Redactor, *, is_heavy: bool) -> tuple[Json, bytes | None]:
    """
    Return `data` with secrets masked, and as JSON, if nothing had to be masked for that.

    In a thread if it `is_heavy`, or if there is much in which each text must be looked at.
    """
    if not is_heavy:
        encoded = redactor.clean_json(data, is_large=False)
        if encoded is not None:
            return data, encoded
        if not is_large(data):
            return redactor.data(data), None
    masked, encoded = await asyncio.to_thread(_masked, data, redactor)
    request_context.hold(data)
    if masked is not data:
        request_context.hold(masked)
    return masked, encoded


def _masked(data: Json, redactor: Redactor) -> tuple[Json, bytes | None]:
    encoded = redactor.clean_json(data)
    return (redactor.data(data), None) if encoded is None else (data, encoded)
