"""The kinds of step there are."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from jackfield.engine.errors import InvalidStep
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.download_file import DOWNLOAD_FILE
from jackfield.engine.steps.group_data import GROUP_DATA
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.map_fields import MAP_FIELDS
from jackfield.engine.steps.mcp_request import MCP_REQUEST
from jackfield.engine.steps.paginated_request import PAGINATED_REQUEST
from jackfield.engine.steps.request import REQUEST
from jackfield.engine.steps.sign_jwt import SIGN_JWT
from jackfield.engine.steps.soap import SOAP_PAGINATED_REQUEST, SOAP_REQUEST
from jackfield.engine.steps.static_values import STATIC_VALUES
from jackfield.engine.steps.typecast import TYPECAST
from jackfield.engine.steps.upload import UPLOAD_BINARY, UPLOAD_FILE
from jackfield.kit.json import Json

# In the order of the reference page.
STEP_KINDS: Final[tuple[StepKind, ...]] = (
    REQUEST,
    PAGINATED_REQUEST,
    SOAP_REQUEST,
    SOAP_PAGINATED_REQUEST,
    MAP_FIELDS,
    TYPECAST,
    GROUP_DATA,
    STATIC_VALUES,
    UPLOAD_FILE,
    UPLOAD_BINARY,
    DOWNLOAD_FILE,
    SIGN_JWT,
    MCP_REQUEST,
)
# Kinds of the format that need a service this hub does not run.
UNSUPPORTED_KINDS: Final[Mapping[str, str]] = {
    "browser_use": "it needs a browser service",
    "code_execution_lambda": "it needs a cloud function service",
    "emit_event": "events are not delivered from a step",
}


def find_kind(name: str) -> StepKind | None:
    return _by_name().get(name)


def compile_function(
    name: str, version: str, params: Mapping[str, Json], context: CompileContext
) -> StepFunction:
    """
    Compile one step function.

    Raises:
        InvalidStep: there is none of that name and version, or its parameters are malformed.
        InvalidExpression: one of its parameters cannot be read.
    """
    if name in UNSUPPORTED_KINDS:
        msg = f"The step function {name!r} is not supported: {UNSUPPORTED_KINDS[name]}"
        raise InvalidStep(msg)
    kind = find_kind(name)
    compiled = None if kind is None else kind.versions.get(version)
    if compiled is None:
        msg = f"Unknown step function: {name} v{version}"
        raise InvalidStep(msg)
    return compiled(params, context)


@cache
def _by_name() -> Mapping[str, StepKind]:
    return {kind.name: kind for kind in STEP_KINDS}
