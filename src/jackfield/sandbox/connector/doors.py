"""The doors of the provider: whose credentials a request carries, or whether it needs none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.connectors.connector import Connector
from jackfield.engine.auth.authorization import Authorization, compile_authorization
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, as_object, text
from jackfield.sandbox.connector.credentials import Login
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.request import Request
from jackfield.sandbox.connector.signatures.signed_request import SignedRequest
from jackfield.sandbox.connector.signatures.verification import (
    NONCES,
    is_signed,
    signature_in,
    signing_of,
)

# Stands for an access token where requests are compared with what they have to carry.
_TOKEN: Final = "\0token\0"  # noqa: S105 - it is none
_TOKEN_NAME: Final = "accessToken"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Given:
    """Who a request is from: the login it carries, or the access token that it does."""

    login: Login | None = None
    token: str = ""


class Doors:
    """Finds out whose credentials a request carries."""

    def __init__(self, connector: Connector, logins: list[Login], origins: Sequence[str]) -> None:
        self._mode: Mode = connector.mode
        self._logins = logins
        self._origins = origins
        self._used: set[str] = set()

    def clear(self) -> None:
        """Forget the signatures that were used."""
        self._used.clear()

    def recognize(
        self, endpoint: Endpoint, request: Request, body: Json, now: datetime
    ) -> Iterator[Given]:
        """Yield whom a request can be from; a signature with a nonce is good for once."""
        own = endpoint.parameters.get("authorization")
        for login in self._logins:
            document = login.method.authorization if own is None else own
            if endpoint.has_name_token and not _is_named(request, login):
                continue
            signing = signing_of(document)
            if signing:
                if self._is_signed(signing, login, request, now):
                    yield Given(login)
                continue
            known = compile_authorization(document, self._mode)
            given = list(_compare(known, login, request, body))
            yield from given
            if endpoint.has_name_token and not given and _carries_nothing(known, login):
                yield Given(login)

    def is_open(self, endpoint: Endpoint, request: Request, now: datetime) -> bool:
        """
        Return whether a request is taken that carries no credential of any login.

        It is where nothing is asked for, and what it does carry cannot be compared.
        """
        if endpoint.has_name_token:
            return False
        own = endpoint.parameters.get("authorization")
        documents = (
            [own] if own is not None else [each.method.authorization for each in self._logins]
        )
        known = [compile_authorization(each, self._mode) for each in documents]
        scope = _scope({name: "x" for login in self._logins for name in login.values})
        scope["credentials"][_TOKEN_NAME] = _TOKEN
        try:
            carried = {name.lower() for each in known for name, _ in each.headers(scope)}
            is_free = any(
                not each.headers(scope) and not each.query and not each.body and not each.sign
                for each in known
            )
        except HubError:
            # It carries what an earlier step made.
            return True
        # Whoever shows a credential wants to be known by it.
        incoming = SignedRequest(request, request.origin, scope, self._mode, now)
        signings = filter(None, map(signing_of, documents))
        is_signed_by_another = any(signature_in(each, incoming) for each in signings)
        return is_free and not is_signed_by_another and not carried & request.headers.keys()

    def _is_signed(
        self, signing: Mapping[str, Json], login: Login, request: Request, now: datetime
    ) -> bool:
        scope = _scope(login.values)
        # A request was signed for the provider's own host, wherever it arrives.
        for origin in (*self._origins, request.origin):
            incoming = SignedRequest(request, origin, scope, self._mode, now)
            if is_signed(signing, incoming):
                return self._is_new(signing, incoming)
        return False

    def _is_new(self, signing: Mapping[str, Json], incoming: SignedRequest) -> bool:
        signature = signature_in(signing, incoming)
        if signature in self._used:
            return False
        if text(signing, "strategy") in NONCES:
            self._used.add(signature)
        return True


def _compare(known: Authorization, login: Login, request: Request, body: Json) -> Iterator[Given]:
    headers, query = request.headers, request.query
    for credentials in ({**login.values, _TOKEN_NAME: _TOKEN}, dict(login.values)):
        scope = _scope(credentials)
        try:
            expected = [
                *((headers.get(name.lower()), value) for name, value in known.headers(scope)),
                *((query.get(name), value) for name, value in (known.query or _nothing)(scope)),
                *(
                    (as_object(body).get(name), value)
                    for name, value in (known.body or _nothing)(scope)
                ),
            ]
        except HubError:
            continue
        token = _common_token(expected)
        if expected and token is not None:
            yield Given(login, token)


def _is_named(request: Request, login: Login) -> bool:
    """Return whether an envelope has the user name and password of a login."""
    envelope, values = request.envelope, login.values
    return envelope is not None and (envelope.username, envelope.password) == (
        values.get("username", ""),
        values.get("password", ""),
    )


def _carries_nothing(known: Authorization, login: Login) -> bool:
    scope = _scope(login.values)
    return not known.headers(scope) and not known.query and not known.body


def _common_token(pairs: list[tuple[Json, Json]]) -> str | None:
    """Return the token where a request carries what it has to; an empty one if that is none."""
    token = ""
    for sent, expected in pairs:
        before, mark, after = str(expected).partition(_TOKEN)
        if not mark:
            if sent != expected:
                return None
        elif isinstance(sent, str) and sent.startswith(before) and sent.endswith(after):
            token = sent[len(before) : len(sent) - len(after)]
        else:
            return None
    return token


def _scope(credentials: Mapping[str, str]) -> EvaluationScope:
    return {"credentials": dict(credentials), "inputs": {}, "context": {}, "steps": {}}


def _nothing(_scope: EvaluationScope) -> list[tuple[str, str]]:
    return []
