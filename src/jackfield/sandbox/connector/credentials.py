"""Credentials that the sandbox takes: a set for each auth method, the same at every start."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.fields import Field
from jackfield.connectors.patterns import matches
from jackfield.engine.auth.authorization import Authorization, compile_authorization
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_safely
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, as_object
from jackfield.sandbox.connector.endpoints import Endpoint
from jackfield.sandbox.connector.examples import Examples
from jackfield.sandbox.connector.request import Request

# Stands for an access token where requests are compared with what they have to carry.
_TOKEN: Final = "\0token\0"  # noqa: S105 - it is none
_TOKEN_NAME: Final = "accessToken"  # noqa: S105 - a name
_SPELLED: Final = {"clientId": "client", "clientSecret": "secret"}


@dataclass(frozen=True, eq=False)
class Login:
    """An auth method, and what to fill in: `setup` by the operator, `credentials` by the user."""

    method: AuthMethod
    setup: Mapping[str, str]
    credentials: Mapping[str, str]
    # With what the connector works out of them.
    values: Mapping[str, str]

    def show(self) -> dict[str, Json]:
        return {"setup": dict(self.setup), "credentials": dict(self.credentials)}


def make_logins(connector: Connector, examples: Examples) -> list[Login]:
    """Return what to fill in for each auth method of a connector."""
    return [
        _login(connector, method, examples, is_first=not index)
        for index, method in enumerate(connector.auth_methods)
    ]


def _login(
    connector: Connector, method: AuthMethod, examples: Examples, *, is_first: bool
) -> Login:
    told = examples.credentials(method.key, is_first=is_first)
    others = {name: value for case in examples.cases for name, value in case.credentials.items()}

    # Each method has an app of its own.
    name = connector.key if is_first else f"{connector.key}-{method.key}"

    def fill(fields: tuple[Field, ...], known: Mapping[str, str]) -> dict[str, str]:
        return {
            field.key: _value(field, known, others, name)
            for field in fields
            if not field.computed and (field.key in known or field.required)
        }

    # The id and secret of an app are the sandbox's own, unless it has to be one of a form.
    setup = fill(method.setup_fields, {})
    credentials = fill(method.config_fields, told)
    told |= examples.renewed(method.key)
    if method.tenants is not None:
        own = method.tenants.credential
        told.setdefault(own, others.get(own, f"sandbox-{own}"))
    values = {**told, **method.check_setup(setup).values, **method.check(credentials).values}
    return Login(method, setup, credentials, values)


def _value(field: Field, told: Mapping[str, str], others: Mapping[str, str], name: str) -> str:
    """Return what to fill in: what the cases have, or else the first of some that is taken."""
    if field.key in told:
        return told[field.key]
    if field.options:
        usual = (each.value for each in field.options if each.value == field.value)
        return next(usual, field.options[0].value)
    own = f"sandbox-{name}-{_SPELLED.get(field.key, field.key)}"
    known = None if field.key in _SPELLED else others.get(field.key)
    candidates = [known, own, str(uuid5(NAMESPACE_URL, own)), field.placeholder]
    pattern = field.validation.pattern if field.validation is not None else None
    taken = (each for each in candidates if each and (not pattern or matches(pattern, each)))
    return next(taken, own)


def spell(template: str, values: Mapping[str, str], connector: Connector) -> str:
    """Return an address of the connector for some credentials; an empty one if it has none."""
    scope: EvaluationScope = {"credentials": dict(values), "inputs": {}, "context": {}}
    try:
        written = compile_safely(template, connector.mode)(scope)
    except HubError:
        return ""
    return written if isinstance(written, str) and "undefined" not in written else ""


@dataclass(frozen=True, slots=True)
class Given:
    """Who a request is from: the login it carries, or the access token that it does."""

    login: Login | None = None
    token: str = ""


class Doors:
    """Finds out whose credentials a request carries."""

    def __init__(self, connector: Connector, logins: list[Login]) -> None:
        self._mode: Mode = connector.mode
        self._logins = logins

    def recognize(self, endpoint: Endpoint, request: Request, body: Json) -> Iterator[Given]:
        """Yield whom a request can be from."""
        own = endpoint.parameters.get("authorization")
        for login in self._logins:
            document = login.method.authorization if own is None else own
            known = compile_authorization(document, self._mode)
            if endpoint.has_name_token and not _is_named(request, login):
                continue
            given = list(_compare(known, login, request, body))
            yield from given
            if endpoint.has_name_token and not given and _carries_nothing(known, login):
                yield Given(login)

    def is_open(self, endpoint: Endpoint) -> bool:
        """Return whether a request carries nothing: what it does carry cannot be compared."""
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
            return any(
                not each.headers(scope) and not each.query and not each.body for each in known
            )
        except HubError:
            # It carries what an earlier step made.
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
