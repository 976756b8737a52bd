"""The step functions, by name and version."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from jackfield.engine.errors import InvalidStep
from jackfield.engine.steps.compile_context import CompileContext, StepFunction
from jackfield.engine.steps.download_file import compile_download_file
from jackfield.engine.steps.group_data import compile_group_data
from jackfield.engine.steps.map_fields import compile_map_fields, compile_map_fields_v1
from jackfield.engine.steps.mcp_request import compile_mcp_request
from jackfield.engine.steps.paginated_request import compile_paginated_request
from jackfield.engine.steps.request import compile_request
from jackfield.engine.steps.sign_jwt import compile_sign_jwt
from jackfield.engine.steps.soap import compile_soap_paginated_request, compile_soap_request
from jackfield.engine.steps.static_values import compile_static_values
from jackfield.engine.steps.typecast import compile_typecast, compile_typecast_v1
from jackfield.engine.steps.upload import compile_upload_binary, compile_upload_file
from jackfield.kit.json import Json

Compile: TypeAlias = Callable[[Mapping[str, Json], CompileContext], StepFunction]

_FUNCTIONS: Final[Mapping[tuple[str, str], Compile]] = {
    ("request", "1"): compile_request,
    ("paginated_request", "1"): compile_paginated_request,
    ("map_fields", "1"): compile_map_fields_v1,
    ("map_fields", "2"): compile_map_fields,
    ("typecast", "1"): compile_typecast_v1,
    ("typecast", "2"): compile_typecast,
    ("group_data", "1"): compile_group_data,
    ("static_values", "1"): compile_static_values,
    ("soap_request", "1"): compile_soap_request,
    ("soap_paginated_request", "1"): compile_soap_paginated_request,
    ("upload_file", "1"): compile_upload_file,
    ("upload_binary", "1"): compile_upload_binary,
    ("download_file", "1"): compile_download_file,
    ("sign_jwt", "1"): compile_sign_jwt,
    ("mcp_request", "1"): compile_mcp_request,
}
_REFUSED: Final = {
    "browser_use": "it needs a browser service",
    "code_execution_lambda": "it needs a cloud function service",
    "emit_event": "events are not delivered from a step",
}


def compile_function(
    name: str, version: str, params: Mapping[str, Json], setting: CompileContext
) -> StepFunction:
    """
    Compile one step function.

    Raises:
        InvalidStep: there is none of that name and version, or its parameters are malformed.
        InvalidExpression: one of its parameters cannot be read.
    """
    if name in _REFUSED:
        msg = f"The step function {name!r} is not supported: {_REFUSED[name]}"
        raise InvalidStep(msg)
    compiled = _FUNCTIONS.get((name, version))
    if compiled is None:
        msg = f"Unknown step function: {name} v{version}"
        raise InvalidStep(msg)
    return compiled(params, setting)
