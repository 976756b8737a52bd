"""Import of an OpenAPI 3 document as a new connector."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import yaml as pyyaml

from jackfield.connectors import yaml
from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.names import snake_case
from jackfield.connectors.openapi.operations import Import, read_actions
from jackfield.connectors.openapi.schemas import one_line
from jackfield.connectors.openapi.security import to_auth_methods
from jackfield.connectors.scaffold import require_key
from jackfield.kit.errors import InvalidRequest
from jackfield.kit.json import Json, items, mapping, text

_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")


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
    chosen = key or snake_case(title)
    require_key(chosen)
    run = Import(api, chosen)
    groups: dict[str, list[dict[str, Json]]] = {}
    for group, action in read_actions(run):
        groups.setdefault(group, []).append(action)
    if not groups:
        msg = f"{file} has no operations"
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
        "baseUrl": _base_url(api, run.doubts),
        "authentication": to_auth_methods(api, run.doubts),
        "actions": [{"$ref": f"{chosen}.{group}"} for group in groups],
    }
    files = {f"{chosen}.connector.s1.yaml": _dump(main)} | {
        f"{chosen}.{group}.s1.partial.yaml": _dump(actions) for group, actions in groups.items()
    }
    return Imported(chosen, files, sum(map(len, groups.values())), tuple(run.doubts))


def _read(file: Path) -> Mapping[str, Json]:
    try:
        document = yaml.parse(file.read_text(encoding="utf-8-sig")).value
    except (yaml.Malformed, UnicodeDecodeError) as error:
        msg = f"{file} cannot be read: {error}"
        raise InvalidOpenApi(msg) from error
    if not isinstance(document, Mapping):
        raise InvalidOpenApi
    root = cast("Mapping[str, Json]", document)
    if not str(root.get("openapi", "")).startswith("3."):
        msg = f"{file} does not say 'openapi: 3.…'"
        raise InvalidOpenApi(msg)
    return root


def _base_url(api: OpenApi, doubts: list[str]) -> str:
    servers = list(items(api.root, "servers"))
    server = servers[0] if servers else api.root
    variables = mapping(server, "variables")
    url = _VARIABLE.sub(
        lambda match: text(mapping(variables, match[1]), "default"), text(server, "url")
    ).rstrip("/")
    if urlsplit(url).scheme in {"http", "https"}:
        return url
    doubts.append("the document names no absolute server: set baseUrl")
    return "https://api.example.com"


def _dump(value: Json) -> str:
    return pyyaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
