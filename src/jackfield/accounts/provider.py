"""
Transport to the provider of one account: its connector's hosts, through egress.

An account is the same to its connector whoever asks: an action's run, or the verification of its
credentials. `run_context` is the one place that says what either gets.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.credentials import Credentials
from jackfield.connectors.connector import Connector
from jackfield.egress.client import Egress, OutboundRequest
from jackfield.engine.connector import CompiledConnector
from jackfield.engine.ports import Request, Response, Transport
from jackfield.engine.run_context import Flow, RunContext
from jackfield.kit.errors import ProviderAnswer, ProviderError
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.kit.json import Json
from jackfield.runtime import Hub
from jackfield.vault.signing import RsaSigner

_SIGNER: Final = RsaSigner()


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """An account as its connector sees it; one that is about to be linked has no `id` yet."""

    project_id: ProjectId
    connector: Connector
    auth_method: str
    environment: str
    origin_owner_id: str
    origin_owner_name: str
    credentials: Credentials = field(repr=False)
    id: AccountId | None = None

    @classmethod
    def of(cls, access: AccountAccess, credentials: Credentials) -> Self:
        """Return a linked account with its opened credentials."""
        account = access.account
        return cls(
            project_id=access.project_id,
            connector=access.connector,
            auth_method=account.auth_method,
            environment=account.environment,
            origin_owner_id=account.origin_owner_id,
            origin_owner_name=account.origin_owner_name,
            credentials=credentials,
            id=account.id,
        )

    @property
    def limited_as(self) -> str:
        """What its requests count under; before it is linked, with all its owner tries there."""
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
    Return what an action of `account` runs with; it may take `deadline` seconds.

    What belongs to one run alone (inputs, cursor, trace) is added with `replace`.
    """
    return RunContext(
        inputs={},
        credentials=account.credentials.values,
        transport=transport,
        auth_method=account.auth_method,
        environment=account.environment,
        context=account.context,
        gate=hub.limiter.for_account(account.limited_as, account.connector.compiled.limits),
        signer=_SIGNER,
        flow=flow,
        deadline=deadline,
        clock=hub.clock,
        sleep=hub.sleep,
    )


@dataclass(frozen=True, slots=True)
class ProviderTransport:
    """
    Carries requests to the hosts the connector declares, and to no other.

    A provider that echoes the credential does so to us alone: it is masked before the engine, and
    so anybody else, sees the answer.
    """

    egress: Egress
    connector: CompiledConnector
    credentials: Credentials
    seconds: float = 60

    async def send(self, request: Request) -> Response:
        answer = await self.egress.fetch(
            OutboundRequest(
                request.method,
                request.url,
                headers=request.headers,
                body=request.body,
                seconds=self.seconds,
                follow=request.follow,
                may_visit=self._is_declared,
                certificate=shown_to(request),
            )
        )
        body, redactor = answer.body, self.credentials.redactor
        if answer.status >= 400 or redactor.is_in(body):  # noqa: PLR2004
            body = redactor.content(body)
        return Response(answer.status, answer.headers, body, answer.url)

    def _is_declared(self, url: str) -> bool:
        return self.connector.allows(url, self.credentials.values)


def shown_to(request: Request) -> tuple[str, str] | None:
    """Return the client certificate a request is sent with, as egress takes it: chain and key."""
    if request.certificate is None:
        return None
    return "\n".join(request.certificate.certificates), "\n".join(request.certificate.keys)


def safe(error: ProviderError, credentials: Credentials) -> ProviderError:
    """Return `error` with the account's secrets masked in all that it may show."""
    mask, answer = credentials.redactor, error.answer
    return type(error)(
        mask.text(error.detail),
        answer=answer
        and ProviderAnswer(
            answer.status,
            mask.text(answer.url),
            mask.value(answer.raw),
            {name: mask.text(value) for name, value in answer.headers.items()},
        ),
        retry_after=error.retry_after,
        faults=error.faults,
        **error.context,
    )
