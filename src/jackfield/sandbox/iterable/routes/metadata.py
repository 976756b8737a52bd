"""`/api/metadata`: tables of JSON values."""

from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json, encode
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params, not_found
from jackfield.sandbox.iterable.state.catalogs import Item
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.bodies import text_fault
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, Route, delete, get

_LARGEST_VALUE: Final = 30_000
_PAGE: Final = 100


class Marker(Struct, rename="camel"):
    next_marker: str | None = None


class Value(Struct):
    value: dict[str, Json]


def list_tables(call: Call) -> Json:
    return {"results": [{"name": name} for name in sorted(call.project.metadata)]}


def list_keys(call: Call, table: str, query: Marker) -> Json:
    items = call.project.metadata.get(table, {})
    keys = sorted(key for key in items if key > (query.next_marker or ""))
    answer: dict[str, Json] = {"results": [_show(table, key, items[key]) for key in keys[:_PAGE]]}
    if len(keys) > _PAGE:
        answer["nextMarker"] = keys[_PAGE - 1]
    return answer


def get_value(call: Call, table: str, key: str) -> Json:
    item = call.project.metadata.get(table, {}).get(key)
    if item is None:
        msg = f"Key {key} does not exist in table {table}"
        raise not_found(msg)
    return {**_show(table, key, item), "value": item.value}


def put_value(call: Call, table: str, key: str, body: Value) -> Json:
    if len(encode(body.value)) > _LARGEST_VALUE:
        msg = "Metadata values can be up to 30kb"
        raise bad_params(msg)
    project = call.project
    project.defer(
        lambda now: project.metadata.setdefault(table, {}).__setitem__(key, Item(body.value, now))
    )
    return success()


def delete_key(call: Call, table: str, key: str) -> Json:
    """Delete a value; one that is not there is no mistake."""
    project = call.project

    def apply(_now: object) -> None:
        items = project.metadata.get(table, {})
        items.pop(key, None)
        if not items:
            project.metadata.pop(table, None)

    project.defer(apply)
    return success()


def delete_table(call: Call, table: str) -> Json:
    """Delete a table; one that is not there is no mistake."""
    project = call.project

    def apply(_now: object) -> None:
        project.metadata.pop(table, None)

    project.defer(apply)
    return success()


def _show(table: str, key: str, item: Item) -> dict[str, Json]:
    return {
        "table": table,
        "key": key,
        "lastModified": epoch_ms(item.modified_at),
        "size": item.size,
    }


_KEY: Final = "/api/metadata/{table}/{key}"

ROUTES: Final = (
    get("/api/metadata", list_tables),
    get("/api/metadata/{table}", list_keys),
    delete("/api/metadata/{table}", delete_table),
    get(_KEY, get_value),
    Route("PUT", _KEY, put_value, Effect.WRITE, bad_body=text_fault),
    delete(_KEY, delete_key),
)
