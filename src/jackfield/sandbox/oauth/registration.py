"""`/register`, and the documents that clients describe themselves with."""

from http import HTTPStatus

from msgspec import Struct

from jackfield.kit.json import DecodeError, Json, decode
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client, NewClient
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import Reply, json_reply


class Description(Struct):
    """A client in its own words, as far as they matter here."""

    redirect_uris: list[str] = []
    client_name: str = ""
    token_endpoint_auth_method: str = "client_secret_basic"  # noqa: S105 - a method's name
    client_id: str = ""
    jwks: Json = None


def register(authority: Authority, request: Request) -> Reply:
    """Register a client that asks for it."""
    try:
        described = decode(request.body, Description)
    except DecodeError as error:
        code = "invalid_client_metadata"
        raise OAuthError(code, str(error)) from error
    if not described.redirect_uris:
        code = "invalid_redirect_uri"
        raise OAuthError(code, "redirect_uris is missing")
    secret = None if described.token_endpoint_auth_method.startswith("client_secret") else ""
    client = _add(authority, described, "", secret, "registered")
    answer: dict[str, Json] = {
        "client_id": client.id,
        "client_id_issued_at": int(authority.now().timestamp()),
        "client_name": client.name,
        "redirect_uris": list(client.redirect_uris),
        "token_endpoint_auth_method": described.token_endpoint_auth_method,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }
    if client.secret:
        answer |= {"client_secret": client.secret, "client_secret_expires_at": 0}
    return json_reply(answer, HTTPStatus.CREATED)


def add_document(authority: Authority, url: str, described: Description) -> Client:
    """
    Add the document at an address that is a client's id, which is not fetched.

    Raises:
        ValueError: it is not the document of this address.
    """
    if described.client_id != url or not url.startswith("https://"):
        msg = "client_id has to be the document's own https address"
        raise ValueError(msg)
    return _add(authority, described, url, "", "document")


def _add(
    authority: Authority, described: Description, id_: str, secret: str | None, source: str
) -> Client:
    new = NewClient(
        id=id_,
        secret=secret,
        name=described.client_name,
        redirect_uris=described.redirect_uris,
        jwks=described.jwks,
    )
    return authority.clients.add(new, source)
