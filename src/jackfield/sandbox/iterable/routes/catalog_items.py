"""`/api/catalogs/{catalogName}/items`."""

import re
from http import HTTPStatus
from typing import Final, TypeAlias

from msgspec import Struct

from jackfield.kit.json import Json, encode
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params, coded_refusal, refusal
from jackfield.sandbox.iterable.routes.catalogs import as_asked, require_catalog
from jackfield.sandbox.iterable.state.catalogs import Catalog, Item
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.paging import Listing
from jackfield.sandbox.iterable.wire.routing import delete, get, patch, post, put
from jackfield.sandbox.replies import Reply, json_reply

_ID: Final = re.compile(r"[A-Za-z0-9-]{1,255}")
_MOST_ITEMS: Final = 1000
_LARGEST_ITEM: Final = 30_000
_Row: TypeAlias = tuple[Catalog, str, Item]


class Items(Struct, rename="camel"):
    page: int | None = None
    page_size: int | None = None
    order_by: str | None = None
    sort_ascending: bool = False


class Upload(Struct, rename="camel"):
    documents: dict[str, dict[str, Json]]
    replace_uploaded_fields_only: bool


class Doomed(Struct, rename="camel"):
    item_ids: list[str]


class Update(Struct):
    update: dict[str, Json]


class Value(Struct):
    value: dict[str, Json]


def list_items(call: Call, name: str, query: Items) -> Json:
    catalog = require_catalog(call.project, name)
    found = [(catalog, item_id, item) for item_id, item in catalog.items.items()]
    field = query.order_by
    if field is not None:
        # Items without the field come last either way.
        found.sort(key=lambda row: _rank(row[2].value.get(field)))
        if not query.sort_ascending:
            found.reverse()
        found.sort(key=lambda row: field not in row[2].value)
    return as_asked(call.project, _LISTING.page(call, found, query.page, query.page_size))


def get_item(call: Call, name: str, item_id: str) -> Json:
    catalog = require_catalog(call.project, name)
    item = catalog.items.get(item_id)
    if item is None:
        raise coded_refusal(
            HTTPStatus.NOT_FOUND,
            "error.catalogs.itemNotFound",
            f"Catalog {name} has no item {item_id}",
            {"catalogName": name, "itemId": item_id},
        )
    return _show((catalog, item_id, item))


def upload_items(call: Call, name: str, body: Upload) -> Reply:
    catalog = require_catalog(call.project, name)
    if len(body.documents) > _MOST_ITEMS:
        msg = f"At most {_MOST_ITEMS} items can be uploaded at once"
        raise refusal(HTTPStatus.BAD_REQUEST, "BatchTooLarge", msg)
    for item_id, value in body.documents.items():
        _check(item_id, value)
    write = catalog.merge if body.replace_uploaded_fields_only else catalog.replace
    for item_id, value in body.documents.items():
        call.project.defer(lambda now, key=item_id, value=value: write(key, value, now=now))
    return _accepted("Request to bulk-upload documents has been queued")


def delete_items(call: Call, name: str, body: Doomed) -> Reply:
    catalog = require_catalog(call.project, name)
    for item_id in body.item_ids:
        call.project.defer(lambda _now, key=item_id: catalog.remove(key))
    return _accepted("Request to delete items has been queued")


def update_item(call: Call, name: str, item_id: str, body: Update) -> Reply:
    catalog = require_catalog(call.project, name)
    _check(item_id, body.update)
    call.project.defer(lambda now: catalog.merge(item_id, body.update, now=now))
    return _accepted("Request to update the item has been queued")


def replace_item(call: Call, name: str, item_id: str, body: Value) -> Reply:
    catalog = require_catalog(call.project, name)
    _check(item_id, body.value)
    call.project.defer(lambda now: catalog.replace(item_id, body.value, now=now))
    return _accepted("Request to replace the item has been queued")


def delete_item(call: Call, name: str, item_id: str) -> Reply:
    catalog = require_catalog(call.project, name)
    call.project.defer(lambda _now: catalog.remove(item_id))
    return _accepted("Request to delete the item has been queued")


def _check(item_id: str, value: dict[str, Json]) -> None:
    if not _ID.fullmatch(item_id):
        msg = f"Invalid item id: {item_id}, expected up to 255 letters, digits and dashes"
        raise bad_params(msg)
    dotted = next((field for field in value if "." in field), None)
    if dotted is not None:
        msg = f"Invalid field name: {dotted}, periods are not allowed"
        raise bad_params(msg)
    if len(encode(value)) > _LARGEST_ITEM:
        msg = f"Item {item_id} is larger than 30kb"
        raise bad_params(msg)


def _show(row: _Row) -> Json:
    catalog, item_id, item = row
    return {
        "catalogName": catalog.name,
        "itemId": item_id,
        "lastModified": epoch_ms(item.modified_at),
        "size": item.size,
        "value": item.value,
    }


def _rank(value: Json) -> tuple[str, Json]:
    """Make values of different types comparable: numbers with numbers, the rest as text."""
    if isinstance(value, int | float):
        return ("", value)
    return ("text", str(value))


def _accepted(msg: str) -> Reply:
    return json_reply(success(msg), HTTPStatus.ACCEPTED)


_LISTING: Final = Listing("catalogItemsWithProperties", "totalItemsCount", _show, largest=1000)
_ITEMS: Final = "/api/catalogs/{catalogName}/items"
_ITEM: Final = "/api/catalogs/{catalogName}/items/{itemId}"

ROUTES: Final = (
    get(_ITEMS, list_items, per_second(100, Scope.API_KEY)),
    post(_ITEMS, upload_items, per_second(100, Scope.API_KEY)),
    delete(_ITEMS, delete_items),
    get(_ITEM, get_item),
    patch(_ITEM, update_item),
    put(_ITEM, replace_item, per_second(1000, Scope.API_KEY)),
    delete(_ITEM, delete_item),
)
