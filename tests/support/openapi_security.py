"""Credentials of a request, compared with what the OpenAPI document asks for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jackfield.engine.ports import Request
from tests.support.openapi_document import Operation


def security_faults(operation: Operation, request: Request) -> list[str]:
    ways = operation.security
    carried = "secret-" in unquote(request.url.partition("?")[2]) or any(
        "secret-" in value or name == "Authorization" for name, value in request.headers.items()
    )
    if ways is None:
        return []
    if not any(ways):
        return ["a credential where none is asked for"] if carried else []
    schemes = operation.document.root.get("components", {}).get("securitySchemes", {})
    for way in ways:
        if all(_has(operation.document.follow(schemes.get(name, {})), request) for name in way):
            return []
    return [f"no credential of {ways}: {dict(request.headers)} {request.url}"]


def _has(scheme: Mapping[str, Any], request: Request) -> bool:
    headers = {name.lower(): value for name, value in request.headers.items()}
    if scheme.get("type") == "apiKey":
        if scheme["in"] == "query":
            return scheme["name"] in dict(parse_qsl(urlsplit(request.url).query))
        if scheme["in"] == "cookie":
            return headers.get("cookie", "").startswith(f"{scheme['name']}=secret-")
        return headers.get(scheme["name"].lower(), "").startswith("secret-")
    start = "basic " if scheme.get("scheme", "").lower() == "basic" else "bearer "
    return headers.get("authorization", "").lower().startswith(start)
