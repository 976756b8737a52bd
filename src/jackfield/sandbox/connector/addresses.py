"""The addresses of a provider: the origins that lead to the sandbox, and the bases of endpoints."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, is_list, is_object, mapping, text, texts
from jackfield.kit.urls import find_origin
from jackfield.sandbox.connector.credentials import Login, spell
from jackfield.sandbox.connector.endpoints import Endpoint


def find_origins(connector: Connector, logins: list[Login], endpoints: list[Endpoint]) -> list[str]:
    """Return every origin that the connector sends requests to, with the sandbox's credentials."""
    document = connector.compilation.document
    named = [f"https://{host}" for host in texts(document, "hosts") if "*" not in host]
    addresses = [text(document, "baseUrl")]
    addresses += [text(each.parameters, "baseUrl") for each in endpoints]
    addresses += [text(each.parameters, "url") for each in endpoints]
    spelled = [
        address
        for login in logins
        for template in (*dict.fromkeys(addresses), *_sign_in(login))
        if (address := spell(template, login.values, connector)).startswith("https://")
    ]
    origins = [str(origin) for each in (*named, *spelled) if (origin := find_origin(each))]
    return list(dict.fromkeys(origins))


def with_bases(
    connector: Connector, logins: list[Login], endpoints: list[Endpoint]
) -> list[Endpoint]:
    """Return endpoints with the paths that stand before theirs."""
    usual = text(connector.compilation.document, "baseUrl")

    def bases(endpoint: Endpoint) -> frozenset[str]:
        own = text(endpoint.parameters, "baseUrl") or usual
        spelled = (spell(own, login.values, connector) for login in logins)
        return frozenset(urlsplit(each).path.rstrip("/") for each in spelled if each) or frozenset(
            {""}
        )

    return [replace(each, bases=bases(each)) for each in endpoints]


def sign_in_paths(connector: Connector, logins: list[Login]) -> dict[str, str]:
    """Return the paths of the provider's sign-in, and what the authority calls each."""
    found: dict[str, str] = {}
    for login in logins:
        content = login.method.authorization
        for name, own in _ENDPOINTS.items():
            address = spell(text(content, name), login.values, connector)
            if address:
                found[urlsplit(address).path] = own
        way = login.method.revocation
        if way is not None and way.compiled is None:
            address = spell(way.url or "", login.values, connector)
            found.setdefault(urlsplit(address).path, "/revoke")
    return found


def _sign_in(login: Login) -> Iterator[str]:
    for name in _ENDPOINTS:
        yield text(login.method.authorization, name)
    way = login.method.revocation
    if way is not None and way.compiled is None:
        yield way.url or ""


_ENDPOINTS = {
    "authorizationUrl": "/authorize",
    "tokenUrl": "/token",
    "deviceAuthorizationUrl": "/device_authorization",
}


def permission_paths(connector: Connector) -> set[str]:
    """Return the paths of requests that only try what credentials may do."""
    found: set[str] = set()

    def walk(value: Json) -> None:
        if is_object(value):
            request = mapping(value, "request")
            if "url" in request:
                found.add(urlsplit(text(request, "url")).path)
            for inner in value.values():
                walk(inner)
        elif is_list(value):
            for inner in value:
                walk(inner)

    walk(connector.compilation.document.get("authentication"))
    return found
