"""Credentials that the sandbox takes: a set for each auth method, all but keys the same at every start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.fields import Field
from jackfield.connectors.patterns import matches
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.expressions.templates import compile_safely
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json
from jackfield.sandbox.connector.examples import Examples
from jackfield.sandbox.connector.signing_keys import SigningKey, make_key
from jackfield.sandbox.connector.statements import Statement, read_statement

_SPELLED: Final = {"clientId": "client", "clientSecret": "secret"}


@dataclass(frozen=True, eq=False)
class Login:
    """An auth method, and what to fill in: `setup` by the operator, `credentials` by the user."""

    method: AuthMethod
    setup: Mapping[str, str]
    credentials: Mapping[str, str]
    # With what the connector works out of them.
    values: Mapping[str, str]
    statement: Statement | None = None
    key: SigningKey | None = None

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

    statement = read_statement(connector, method)
    key = None if statement is None else make_key(f"{connector.title} sandbox")
    if statement is not None and key is not None:
        told |= statement.told(method, told, key)
    # The id and secret of an app are the sandbox's own, unless it has to be one of a form.
    setup = fill(method.setup_fields, {})
    credentials = fill(method.config_fields, told)
    shown = {field.key for field in method.visible(credentials)}
    credentials = {name: value for name, value in credentials.items() if name in shown}
    told |= examples.renewed(method.key)
    if method.tenants is not None:
        own = method.tenants.credential
        told.setdefault(own, others.get(own, f"sandbox-{own}"))
    values = {**told, **method.check_setup(setup).values, **method.check(credentials).values}
    return Login(method, setup, credentials, values, statement, key)


def _value(field: Field, told: Mapping[str, str], others: Mapping[str, str], name: str) -> str:
    """Return what to fill in: what the cases have, or else the first of some that is taken."""
    if field.key in told:
        return told[field.key]
    if field.options:
        usual = (each.value for each in field.options if each.value == field.value)
        return next(usual, field.options[0].value)
    if field.type == "number":
        return others.get(field.key, "1")
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
