"""`/api/catalogs`: catalogs and the types of their fields."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Refusal, bad_params, coded_refusal
from jackfield.sandbox.iterable.state.catalogs import Catalog
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.paging import Listing
from jackfield.sandbox.iterable.wire.routing import delete, get, post, put
from jackfield.sandbox.replies import Reply, json_reply

_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,255}")
_TYPES: Final = frozenset({"boolean", "date", "double", "geo_location", "long", "object", "string"})


class Catalogs(Struct, rename="camel"):
    page: int | None = None
    page_size: int | None = None


class Field(Struct, rename="camel"):
    field_name: str
    field_type: str
    children: "list[Field] | None" = None


class Mappings(Struct, rename="camel"):
    mappings_updates: list[Field]


def list_catalogs(call: Call, query: Catalogs) -> Json:
    names = list(call.project.catalogs)
    return as_asked(call.project, _LISTING.page(call, names, query.page, query.page_size))


def create_catalog(call: Call, name: str) -> Reply:
    if not _NAME.fullmatch(name):
        msg = f"Invalid catalog name: {name}, expected up to 255 letters, digits and dashes"
        raise bad_params(msg)
    if name in call.project.catalogs:
        raise coded_refusal(
            HTTPStatus.BAD_REQUEST,
            "error.catalogs.alreadyExists",
            f"A catalog named {name} already exists",
            {"catalogName": name},
        )
    call.project.catalogs[name] = Catalog(name)
    return json_reply(success(), HTTPStatus.CREATED)


def delete_catalog(call: Call, name: str) -> Json:
    require_catalog(call.project, name)
    del call.project.catalogs[name]
    return success()


def get_field_mappings(call: Call, name: str) -> Json:
    catalog = require_catalog(call.project, name)
    answer = {
        "definedMappings": catalog.mappings,
        "undefinedFields": catalog.undefined_fields(),
    }
    return as_asked(call.project, answer)


def set_field_mappings(call: Call, name: str, body: Mappings) -> Json:
    catalog = require_catalog(call.project, name)
    updates = dict(_flatten(body.mappings_updates))
    unknown = set(updates.values()) - _TYPES
    if unknown:
        msg = f"Unknown field type: {', '.join(sorted(unknown))}"
        raise bad_params(msg)
    catalog.mappings |= updates
    return success()


def require_catalog(project: Project, name: str) -> Catalog:
    catalog = project.catalogs.get(name)
    if catalog is None:
        raise _no_catalog(name)
    return catalog


def as_asked(project: Project, answer: Mapping[str, Json]) -> Json:
    """Return an answer bare, or inside envelope A where the settings say so."""
    return success("", answer) if project.settings.wrap_catalog_replies else answer


def _no_catalog(name: str) -> Refusal:
    return coded_refusal(
        HTTPStatus.NOT_FOUND,
        "error.catalogs.notFound",
        f"No catalog is named {name}",
        {"catalogName": name},
    )


def _flatten(fields: list[Field], prefix: str = "") -> Iterator[tuple[str, str]]:
    for field in fields:
        yield prefix + field.field_name, field.field_type
        yield from _flatten(field.children or [], f"{prefix}{field.field_name}.")


def _show(name: str) -> Json:
    return {"name": name}


_LISTING: Final = Listing("catalogNames", "totalCatalogsCount", _show, largest=100)

ROUTES: Final = (
    get("/api/catalogs", list_catalogs, per_second(100, Scope.API_KEY)),
    post("/api/catalogs/{catalogName}", create_catalog),
    delete("/api/catalogs/{catalogName}", delete_catalog),
    get("/api/catalogs/{catalogName}/fieldMappings", get_field_mappings),
    put("/api/catalogs/{catalogName}/fieldMappings", set_field_mappings),
)
