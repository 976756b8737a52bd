"""Import of an OpenAPI 3 document as a new connector."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml as pyyaml

from jackfield.connectors import yaml
from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import is_spelled, snake_case
from jackfield.connectors.openapi.operations import Import, read_actions
from jackfield.connectors.openapi.schemas import one_line
from jackfield.connectors.openapi.security import Security
from jackfield.connectors.openapi.servers import Server, Servers
from jackfield.connectors.scaffold import require_key
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.json import Json, mapping, text


class InvalidOpenApi(InvalidRequest):
    """The file is not an OpenAPI 3 document."""

    code = "invalid_openapi"


@dataclass(frozen=True, slots=True)
class Imported:
    """A connector's files by name, and what its author should look at."""

    key: str
    files: Mapping[str, str]
    actions: int
    doubts: tuple[str, ...]


def import_document(file: Path, *, key: str | None = None) -> Imported:
    """
    Read `file`, YAML or JSON, and make a connector of it.

    Raises:
        InvalidOpenApi: it is something else.
        InvalidRequest: `key` cannot be a connector's key.
    """
    api = OpenApi(_read(file))
    described = mapping(api.root, "info")
    title = one_line(text(described, "title")) or "Imported"
    chosen = key or snake_case(title if is_spelled(title) else "Imported")
    require_key(chosen)
    servers = Servers(api)
    server = servers.read(api.root) or Server(servers.absolute(""), "")
    run = Import(api, chosen, Security(api), servers, server)
    groups: dict[str, list[dict[str, Json]]] = {}
    for group, action in read_actions(run):
        groups.setdefault(group, []).append(action)
    if not groups:
        msg = f"{file} has no operations"
        if "webhooks" in api.root and not api.root.get("paths"):
            msg = f"{file} describes webhooks alone: what the provider sends, and no operations"
        elif left_out := [each for each in api.doubts if " is left out: " in each]:
            msg += f" that can be imported: {'; '.join(left_out)}"
        raise InvalidOpenApi(msg)
    main: dict[str, Json] = {
        "StackOne": "1.0.0",
        "engine": "strict",
        "info": {
            "title": title,
            "key": chosen,
            "version": "0.1.0",
            "description": one_line(text(described, "description")) or f"{title}.",
        },
        "releaseStage": "preview",
        "baseUrl": server.url,
        "authentication": run.security.auth_methods(list(servers.fields.values())),
        "actions": [{"$ref": f"{chosen}.{group}"} for group in groups],
    }
    files = {f"{chosen}.connector.s1.yaml": dump(main)} | {
        f"{chosen}.{group}.s1.partial.yaml": dump(actions) for group, actions in groups.items()
    }
    return Imported(chosen, files, sum(map(len, groups.values())), tuple(api.doubts))


def _read(file: Path) -> Mapping[str, Json]:
    try:
        document = yaml.read_any(file.read_bytes())
    except (yaml.Malformed, UnicodeDecodeError) as error:
        msg = f"{file} cannot be read: {error}"
        raise InvalidOpenApi(msg) from error
    if not isinstance(document, Mapping):
        raise InvalidOpenApi
    root = cast("Mapping[str, Json]", document)
    if "swagger" in root:
        msg = f"{file} is a Swagger 2.0 document; convert it to OpenAPI 3 first"
        raise InvalidOpenApi(msg)
    if not str(root.get("openapi", "")).startswith("3."):
        msg = f"{file} does not say 'openapi: 3.…'"
        raise InvalidOpenApi(msg)
    return root


class _Dumper(pyyaml.CSafeDumper):
    """Puts in quotes what this project's reader would not take for a text."""

    def represent_text(self, value: str) -> pyyaml.ScalarNode:
        style = None if yaml.plain_scalar(value) == value else "'"
        return pyyaml.ScalarNode("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def dump(value: Json) -> str:
    return pyyaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
