"""Statements that an auth method signs to be given tokens, as its connector writes them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, items, mapping, text
from jackfield.sandbox.connector.signing_keys import SigningKey
from jackfield.sandbox.oauth.grant_types import JWT_BEARER

_CREDENTIAL: Final = re.compile(r"\$\.credentials\.(\w+)")
# One of the people that the sandbox has, for whom a statement may speak.
_PERSON: Final = "ada@acme.example"


@dataclass(frozen=True, slots=True)
class Statement:
    """
    A JWT whose parts are templates.

    It is a grant where it is given for a token, and else says only which client asks.
    """

    key: str
    claims: Mapping[str, Json]
    headers: Mapping[str, Json]
    token_url: str
    is_grant: bool

    def told(self, method: AuthMethod, known: Mapping[str, str], key: SigningKey) -> dict[str, str]:
        """Return what to fill in so that it is signed with a key, and speaks for a person."""
        fields = {each.key: each for each in method.config_fields}
        found = {
            name: key.put_into(known.get(name, "")) for name in method.typed_for(_name(self.key))
        }
        for header, thumbprint in key.thumbprints.items():
            found[_name(self.headers.get(header))] = thumbprint
        if self.is_grant:
            found[_name(self.claims.get("sub"))] = _PERSON
            scope = fields.get(_name(self.claims.get("scope")))
            if scope is not None and scope.value:
                found[scope.key] = scope.value
        return {name: value for name, value in found.items() if name in fields}


def read_statement(connector: Connector, method: AuthMethod) -> Statement | None:
    """Return what a method signs with a private key, where the sandbox has its token endpoint."""
    content = method.authorization
    token_url = text(content, "tokenUrl")
    if method.type == "custom":
        served = {text(each.authorization, "tokenUrl") for each in connector.auth_methods}
        return next((each for each in _in_steps(method) if each.token_url in served), None)
    if method.grant_type == "jwt_bearer":
        return _of(mapping(content, "assertion"), token_url, is_grant=True)
    if text(content, "clientAuthentication") == "privateKeyJwt":
        return _of(mapping(content, "clientAssertion"), token_url, is_grant=False)
    return None


def _of(assertion: Mapping[str, Json], token_url: str, *, is_grant: bool) -> Statement:
    claims, headers = mapping(assertion, "claims"), mapping(assertion, "headers")
    return Statement(text(assertion, "key"), claims, headers, token_url, is_grant)


def _in_steps(method: AuthMethod) -> Iterator[Statement]:
    calls = [
        mapping(step, "stepFunction")
        for step in items(method.refresh.action if method.refresh is not None else {}, "steps")
    ]
    signed = [
        mapping(each, "parameters") for each in calls if text(each, "functionName") == "sign_jwt"
    ]
    for call in calls:
        asked = mapping(call, "parameters")
        is_grant = any(each.get("value") == JWT_BEARER for each in items(asked, "args"))
        for each in signed if is_grant else ():
            yield Statement(
                text(each, "privateKey"),
                mapping(each, "claims"),
                {"kid": each.get("keyId"), **mapping(each, "headers")},
                text(asked, "baseUrl") + text(asked, "url"),
                is_grant=True,
            )


def _name(template: Json) -> str:
    """Return the credential that a template is; an empty name if it is none."""
    found = _CREDENTIAL.fullmatch(template) if isinstance(template, str) else None
    return found[1] if found else ""
