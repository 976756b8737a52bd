"""Requests for tokens that are signed: whose they are, and what they have to say."""

from dataclasses import dataclass, field

from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json
from jackfield.sandbox.connector.credentials import Login, spell


@dataclass(frozen=True, slots=True)
class Signing:
    """What the authority has to know of a client that signs; nothing of one that does not."""

    jwks: Json = None
    behaviors: list[str] = field(default_factory=list[str])
    settings: dict[str, Json] = field(default_factory=dict[str, Json])


def client_id(login: Login, connector: Connector) -> str:
    """Return the id that a login's client is known by; an empty one if there is none."""
    issuer = login.statement.claims.get("iss") if login.statement is not None else None
    if isinstance(issuer, str):
        return spell(issuer, login.values, connector)
    return login.values.get("clientId", "")


def signing(login: Login, connector: Connector) -> Signing:
    """Return what a login's client signs with, and for whom."""
    statement, key = login.statement, login.key
    if statement is None or key is None:
        return Signing()

    def spelled(template: Json) -> str:
        return spell(template, login.values, connector) if isinstance(template, str) else ""

    key_id = spelled(statement.headers.get("kid"))
    audience = spelled(statement.claims.get("aud")) or spelled(statement.token_url)
    behaviors, settings = ["token.assertion_for"], dict[str, Json](assertion_audiences=[audience])
    if not statement.is_grant:
        behaviors.append("token.private_key_jwt")
    if key.thumbprints.keys() & statement.headers.keys():
        behaviors.append("token.certificate")
        settings["thumbprints"] = key.thumbprints
    if scopes := spelled(statement.claims.get("scope")).split():
        behaviors.append("token.scopes_authorized")
        settings["authorized_scopes"] = scopes
    jwk = {**key.public, "kid": key_id} if key_id else dict(key.public)
    return Signing({"keys": [jwk]}, behaviors, settings)
