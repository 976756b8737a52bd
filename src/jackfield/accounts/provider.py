"""The provider of one account, as the engine sees it: its connector's hosts, through egress."""

from dataclasses import dataclass

from jackfield.accounts.credentials import Credentials
from jackfield.egress.client import Egress, OutboundRequest
from jackfield.engine.connector import CompiledConnector
from jackfield.engine.ports import Request, Response
from jackfield.kit.errors import ProviderAnswer, ProviderError


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
