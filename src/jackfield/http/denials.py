"""Denied requests to the API, for the audit log."""

from typing import Final

from jackfield.connect.models import ConnectTokenInvalid
from jackfield.kit.request_context import RequestContext
from jackfield.profiles.models import ActionNotAllowed
from jackfield.projects.allowed_networks import AddressNotAllowed
from jackfield.projects.models import MissingScope, Unauthenticated
from jackfield.runtime import Hub

DENIALS: Final = frozenset(
    each.code
    for each in (
        Unauthenticated,
        MissingScope,
        AddressNotAllowed,
        ConnectTokenInvalid,
        ActionNotAllowed,
    )
)
_SURFACES: Final = {"": "a2a", "mcp": "mcp", "hub": "hub"}


def note_denial(hub: Hub, request: RequestContext, code: str, *, path: str) -> None:
    """Count a request that was denied for `code`."""
    surface = _SURFACES.get(path.lstrip("/").partition("/")[0], "api")
    hub.tallies.note_denial(request.project_id, code, at=surface, key_id=request.key_id)
