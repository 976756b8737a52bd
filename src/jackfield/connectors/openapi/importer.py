"""Import of an OpenAPI 3 document as a new connector."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml as pyyaml

from jackfield.connectors import yaml
from jackfield.connectors.loading.integrity import MAX_TOOL_NAME
from jackfield.connectors.openapi.document import OpenApi
from jackfield.connectors.openapi.examples import Example
from jackfield.connectors.openapi.names import is_spelled, snake_case
from jackfield.connectors.openapi.operations import Import, Made, read_actions
from jackfield.connectors.openapi.refusals import custom_errors
from jackfield.connectors.openapi.schemas import one_line
from jackfield.connectors.openapi.security import Security
from jackfield.connectors.openapi.selection import choose, doubt_operations, read_operations
from jackfield.connectors.openapi.servers import Servers
from jackfield.connectors.openapi.source import InvalidOpenApi, read_openapi
from jackfield.connectors.openapi.unwritten import find_unwritten
from jackfield.connectors.scaffold import icon_of, require_key
from jackfield.kit.clock import system_clock
from jackfield.kit.json import Json, as_object, mapping, text


@dataclass(frozen=True, slots=True)
class Imported:
    """
    A connector's files by name, and what its author should look at.

    `remaining` is what no description says, and a person has to write. `examples` are those of
    actions, by group and name.
    """

    key: str
    files: Mapping[str, str]
    actions: int
    doubts: tuple[str, ...]
    remaining: tuple[str, ...]
    examples: Mapping[str, Mapping[str, Example]]
    published: Mapping[str, Json]


def import_document(
    file: Path, *, key: str | None = None, actions: Sequence[str] | None = None
) -> Imported:
    """
    Read `file`, YAML or JSON, and make a connector of it: of all operations, or of some.

    Raises:
        InvalidOpenApi: it is something else.
        InvalidRequest: `key` cannot be a connector's key.
        UnknownOperations: `actions` names one that the document does not have.
    """
    api = OpenApi(read_openapi(file))
    described = mapping(api.root, "info")
    title = one_line(text(described, "title")) or "Imported"
    chosen = key or snake_case(title if is_spelled(title) else "Imported")
    require_key(chosen)
    operations = read_operations(api, longest=MAX_TOOL_NAME - len(chosen) - 1)
    if actions is not None:
        operations = choose(api, operations, actions)
    doubt_operations(api, operations)
    servers = Servers(api)
    run = Import(api, chosen, Security(api), servers, servers.read_all())
    made = list(read_actions(run, operations))
    if not made:
        raise InvalidOpenApi(_nothing(file, api))
    groups: dict[str, list[Made]] = {}
    for each in made:
        groups.setdefault(each.group, []).append(each)
    main = _main(run, title, [*groups], [each.document for each in operations])
    listed = [each.action for each in made]
    files = {f"{chosen}.connector.s1.yaml": dump(main)} | {
        f"{chosen}.{group}.s1.partial.yaml": dump([each.action for each in inside])
        for group, inside in groups.items()
    }
    return Imported(
        key=chosen,
        files={**files, "icon.svg": icon_of(title)},
        actions=len(made),
        doubts=tuple(api.doubts),
        remaining=tuple(find_unwritten(api, main, listed, operations)),
        examples={
            group: {each.action["actionId"]: each.example for each in inside if each.example}
            for group, inside in groups.items()
        },
        published={
            "source": f"OpenAPI description {file.name}",
            "version": str(described.get("version") or "unversioned"),
            "on": system_clock().date().isoformat(),
        },
    )


def _main(
    run: Import, title: str, groups: Sequence[str], operations: Sequence[Mapping[str, Json]]
) -> dict[str, Json]:
    described = mapping(run.api.root, "info")
    main: dict[str, Json] = {
        "StackOne": "1.0.0",
        "engine": "strict",
        "info": {
            "title": title,
            "key": run.key,
            "version": "0.1.0",
            "description": one_line(text(described, "description")) or f"{title}.",
            "assets": {"icon": "icon.svg"},
        },
        "releaseStage": "preview",
    }
    if documented := text(as_object(run.api.root.get("externalDocs")), "url"):
        main["resources"] = documented
    main["baseUrl"] = run.server.url
    if scopes := run.security.scope_definitions():
        main["scopeDefinitions"] = scopes
    main["authentication"] = run.security.auth_methods(list(run.servers.fields.values()))
    run.api.begin()
    if errors := custom_errors(run.api, operations):
        main["defaults"] = {"customErrors": errors}
    main["actions"] = [{"$ref": f"{run.key}.{group}"} for group in groups]
    return main


def _nothing(file: Path, api: OpenApi) -> str:
    if "webhooks" in api.root and not api.root.get("paths"):
        return f"{file} describes webhooks alone: what the provider sends, and no operations"
    msg = f"{file} has no operations"
    # Among them what references to nothing would have said.
    if left_out := [each for each in api.doubts if "is left out" in each]:
        msg += f" that can be imported: {'; '.join(left_out)}"
    return msg


class _Dumper(pyyaml.CSafeDumper):
    """Puts in quotes what this project's reader would not take for a text."""

    def represent_text(self, value: str) -> pyyaml.ScalarNode:
        style = None if yaml.plain_scalar(value) == value else "'"
        return pyyaml.ScalarNode("tag:yaml.org,2002:str", value, style=style)

    def ignore_aliases(self, data: object) -> bool:
        return True


_Dumper.add_representer(str, _Dumper.represent_text)


def dump(value: Json) -> str:
    return pyyaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
