"""Reading of a file as an OpenAPI 3 document, or as one of Swagger 2.0."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from jackfield.connectors import yaml
from jackfield.connectors.openapi.swagger import VERSION, as_openapi
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.json import Json

# Four times the largest that we know.
_MOST_MEGABYTES: Final = 64


class InvalidOpenApi(InvalidRequest):
    """The file is not an OpenAPI 3 document, nor one of Swagger 2.0."""

    code = "invalid_openapi"


def read_openapi(file: Path) -> Mapping[str, Json]:
    """
    Return the document in `file`, YAML or JSON in UTF-8; one of Swagger 2.0 as OpenAPI 3.

    Raises:
        InvalidOpenApi: it is something else, or too large or too deep to be read.
    """
    try:
        if file.stat().st_size > _MOST_MEGABYTES << 20:
            msg = f"{file} is larger than {_MOST_MEGABYTES} MB: take out what you do not need"
            raise InvalidOpenApi(msg)
        document = yaml.read_any(file.read_bytes())
    except UnicodeDecodeError as error:
        msg = f"{file} is not UTF-8: byte {error.start:,} cannot be read; save it as UTF-8"
        raise InvalidOpenApi(msg) from error
    except (yaml.Malformed, OSError) as error:
        msg = f"{file} cannot be read: {error}"
        raise InvalidOpenApi(msg) from error
    if not isinstance(document, Mapping):
        raise InvalidOpenApi
    root = cast("Mapping[str, Json]", document)
    if "swagger" in root:
        version = str(root["swagger"])
        if version != VERSION:
            msg = f"{file} says 'swagger: {version}': of Swagger, only {VERSION} can be read"
            raise InvalidOpenApi(msg)
        return as_openapi(root)
    if not str(root.get("openapi", "")).startswith("3."):
        msg = f"{file} does not say 'openapi: 3.…' or 'swagger: \"{VERSION}\"'"
        raise InvalidOpenApi(msg)
    return root
