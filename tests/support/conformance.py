"""Requests generated from the description of the API, whose answers hold to it."""

import os
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans

from jackfield.agents.a2a import openapi as a2a
from jackfield.http.openapi import document
from jackfield.http.routes import ROUTES
from tests.support.running import PATIENCE

# Requests that fit, or that do not.
Mode: TypeAlias = Literal["positive", "negative"]

_AGENTS = {
    "/": a2a.AGENT,
    "/.well-known/agent-card.json": a2a.CARD,
    "/agent/authenticatedExtendedCard": a2a.EXTENDED_CARD,
}
_EXAMPLES = 12 if "CI" in os.environ else 4  # noqa: TID251 - nothing of the hub's


class Served(NamedTuple):
    """Where a hub is, what to send it with each request, and ids of what it has."""

    url: str
    headers: dict[str, str]
    known: dict[str, str]


@cache
def _described() -> tuple[Any, list[Any]]:
    """Return the operations, and what their answers are checked by."""
    # Takes as long to load as all that the hub needs: only where it is used.
    import schemathesis.checks  # noqa: PLC0415
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    schemathesis.checks.load_all_checks()
    schema = schemathesis.openapi.from_dict(document(ROUTES, _AGENTS, url="http://127.0.0.1"))
    return schema, [
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]


def send_all(served: Served, path: str, method: str, mode: Mode) -> None:
    from schemathesis.generation import GenerationMode  # noqa: PLC0415

    schema, conforms = _described()
    operation = schema[path][method]

    @given(case=operation.as_strategy(generation_mode=GenerationMode(mode)), is_known=booleans())
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),  # pyright: ignore[reportArgumentType]
    )
    def send(case: Any, is_known: bool) -> None:
        if is_known:
            case.path_parameters |= {
                name: served.known[name] for name in case.path_parameters if name in served.known
            }
        response = case.call(base_url=served.url, headers=served.headers, timeout=PATIENCE)
        assert response.status_code != 500, response.text
        case.validate_response(response, checks=conforms)

    send()
