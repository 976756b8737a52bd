"""`/api/snippets`."""

import re
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import bad_params, not_found
from jackfield.sandbox.iterable.state.project import OWNER, Project
from jackfield.sandbox.iterable.state.snippets import Snippet
from jackfield.sandbox.iterable.times import iso
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import delete, get, post, put
from jackfield.sandbox.replies import Reply, json_reply

# A name that is a number would be taken for an id.
_NAME: Final = re.compile(r"(?!\d+$)[A-Za-z0-9_ -]{1,100}")
_VARIABLE: Final = re.compile(r"\{\{\{?\s*(\w[\w.]*)\s*\}?\}\}")


class NewSnippet(Struct, rename="camel"):
    name: str
    content: str
    description: str | None = None
    created_by_user_id: str | None = None
    variables: list[str] | None = None


class Content(Struct, rename="camel"):
    content: str
    description: str | None = None
    created_by_user_id: str | None = None
    variables: list[str] | None = None


def list_snippets(call: Call) -> Json:
    return {"snippets": [_show(call.project, each) for each in call.project.snippets]}


def get_snippet(call: Call, identifier: str) -> Json:
    return {"snippet": _show(call.project, _require(call.project, identifier))}


def create_snippet(call: Call, body: NewSnippet) -> Reply:
    if _find(call.project, body.name) is not None:
        msg = f"A snippet named {body.name} already exists"
        raise bad_params(msg)
    content = Content(body.content, body.description, body.created_by_user_id, body.variables)
    made = _make(call.project, body.name, content)
    return json_reply({"snippetId": made.id}, HTTPStatus.CREATED)


def upsert_snippet(call: Call, identifier: str, body: Content) -> Reply:
    """Write a snippet; under a name that nothing has, make one."""
    project = call.project
    snippet = _find(project, identifier)
    if snippet is None and identifier.isdecimal():
        raise _missing(identifier)
    if snippet is None:
        made = _make(project, identifier, body)
        return json_reply({"snippetId": made.id}, HTTPStatus.CREATED)
    snippet.content = body.content
    snippet.variables = _variables(body)
    if body.description is not None:
        snippet.description = body.description
    snippet.updated_at, snippet.updated_by = project.now, body.created_by_user_id or OWNER
    return json_reply({"snippetId": snippet.id})


def delete_snippet(call: Call, identifier: str) -> Json:
    snippet = _require(call.project, identifier)
    call.project.snippets.remove(snippet.id)
    return {"snippetId": snippet.id}


def _find(project: Project, identifier: str) -> Snippet | None:
    if identifier.isdecimal():
        return project.snippets.find(int(identifier))
    return next((each for each in project.snippets if each.name == identifier), None)


def _require(project: Project, identifier: str) -> Snippet:
    snippet = _find(project, identifier)
    if snippet is None:
        raise _missing(identifier)
    return snippet


def _missing(identifier: str) -> Exception:
    return not_found(f"Snippet {identifier} does not exist")


def _make(project: Project, name: str, body: Content) -> Snippet:
    if not _NAME.fullmatch(name):
        msg = f"Invalid snippet name: {name}"
        raise bad_params(msg)
    author = body.created_by_user_id or OWNER
    return project.snippets.make(
        lambda number: Snippet(
            number,
            name,
            body.content,
            _variables(body),
            body.description,
            project.now,
            author,
            project.now,
            author,
        )
    )


def _variables(body: Content) -> tuple[str, ...]:
    """Return the variables that were named, or else those the content refers to."""
    if body.variables is not None:
        return tuple(body.variables)
    return tuple(dict.fromkeys(_VARIABLE.findall(body.content)))


def _show(project: Project, snippet: Snippet) -> Json:
    shown: dict[str, Json] = {
        "id": snippet.id,
        "projectId": project.facts.project_id,
        "name": snippet.name,
        "content": snippet.content,
        "variables": snippet.variables,
        "createdAt": iso(snippet.created_at),
        "createdBy": snippet.created_by,
        "updatedAt": iso(snippet.updated_at),
        "updatedBy": snippet.updated_by,
    }
    if snippet.description is not None:
        shown["description"] = snippet.description
    return shown


ROUTES: Final = (
    get("/api/snippets", list_snippets),
    post("/api/snippets", create_snippet),
    get("/api/snippets/{identifier}", get_snippet),
    put("/api/snippets/{identifier}", upsert_snippet),
    delete("/api/snippets/{identifier}", delete_snippet),
)
