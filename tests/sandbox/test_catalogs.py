"""Catalogs, and the metadata tables they replaced."""

import pytest

from tests.sandbox.client import Client, Json

ITEMS = "/api/catalogs/products/items"


def item(client: Client, item_id: str) -> Json:
    return client.get(f"{ITEMS}/{item_id}").json["value"]


def test_an_unknown_catalog_is_refused_in_the_catalogs_own_envelope(us: Client) -> None:
    answer = us.get("/api/catalogs/nothing/items")

    assert answer.status == 404
    assert answer.json == {
        "error": "NotFound",
        "message": "No catalog is named nothing",
        "code": "error.catalogs.notFound",
        "data": {"catalogName": "nothing"},
    }


def test_a_catalog_is_made_once_and_deleted(us: Client) -> None:
    assert us.post("/api/catalogs/brands").status == 201
    assert us.post("/api/catalogs/brands").json["code"] == "error.catalogs.alreadyExists"
    assert us.delete("/api/catalogs/brands").status == 200
    assert us.delete("/api/catalogs/brands").status == 404


@pytest.mark.parametrize("name", ["with%20space", "dotted.name", "x" * 256])
def test_a_malformed_catalog_name_is_refused(us: Client, name: str) -> None:
    assert us.post(f"/api/catalogs/{name}").status == 400


def test_uploaded_items_replace_or_change_those_there_are(us: Client) -> None:
    changed = {"documents": {"tent-2p": {"price": 1.0}}, "replaceUploadedFieldsOnly": True}
    replaced = {"documents": {"boots-trail": {"price": 2.0}}, "replaceUploadedFieldsOnly": False}

    assert us.post(ITEMS, changed).status == 202
    assert us.post(ITEMS, replaced).status == 202

    assert item(us, "tent-2p") == {"title": "Two-person tent", "price": 1.0, "inStock": True}
    assert item(us, "boots-trail") == {"price": 2.0}


def test_one_item_is_changed_replaced_and_deleted(us: Client) -> None:
    us.patch(f"{ITEMS}/tent-2p", {"update": {"price": 1.0}})
    us.put(f"{ITEMS}/boots-trail", {"value": {"price": 2.0}})
    us.delete(f"{ITEMS}/map-ridge")

    assert item(us, "tent-2p")["title"] == "Two-person tent"
    assert item(us, "boots-trail") == {"price": 2.0}
    missing = us.get(f"{ITEMS}/map-ridge")
    assert (missing.status, missing.json["code"]) == (404, "error.catalogs.itemNotFound")


def test_more_than_a_thousand_items_at_once_are_refused(us: Client) -> None:
    documents = {f"item-{number}": {"n": number} for number in range(1001)}
    body = {"documents": documents, "replaceUploadedFieldsOnly": False}

    assert us.post(ITEMS, body).json["code"] == "BatchTooLarge"


@pytest.mark.parametrize(
    "documents",
    [{"bad id": {"a": 1}}, {"ok": {"a.b": 1}}, {"ok": {"a": "x" * 30_001}}],
    ids=["id", "period", "size"],
)
def test_malformed_items_are_refused_before_any_is_written(us: Client, documents: Json) -> None:
    body = {"documents": {"fine": {"a": 1}, **documents}, "replaceUploadedFieldsOnly": False}

    assert us.post(ITEMS, body).status == 400
    assert us.get(f"{ITEMS}/fine").status == 404


def test_items_are_sorted_by_a_field_descending_unless_asked(us: Client) -> None:
    def prices(**query: object) -> list[float]:
        page = us.get(ITEMS, orderBy="price", **query).json["catalogItemsWithProperties"]
        return [each["value"]["price"] for each in page]

    assert prices() == [249.0, 139.5, 12.0]
    assert prices(sortAscending="true") == [12.0, 139.5, 249.0]


def test_fields_get_types_and_the_others_are_listed(us: Client) -> None:
    path = "/api/catalogs/products/fieldMappings"
    nested = {
        "fieldName": "maker",
        "fieldType": "object",
        "children": [{"fieldName": "name", "fieldType": "string"}],
    }
    us.put(path, {"mappingsUpdates": [{"fieldName": "title", "fieldType": "string"}, nested]})

    assert us.get(path).json == {
        "definedMappings": {
            "price": "double",
            "title": "string",
            "maker": "object",
            "maker.name": "string",
        },
        "undefinedFields": ["inStock"],
    }
    odd = {"mappingsUpdates": [{"fieldName": "title", "fieldType": "color"}]}
    assert us.put(path, odd).status == 400


def test_catalog_replies_are_wrapped_where_the_settings_say_so(us: Client) -> None:
    bare = us.get("/api/catalogs").json
    us.patch("/__sandbox__/settings", {"wrapCatalogReplies": True})

    assert us.get("/api/catalogs").json == {"msg": "", "code": "Success", "params": bare}


def test_deleting_metadata_that_is_not_there_is_a_success(us: Client) -> None:
    assert us.delete("/api/metadata/storefront/nothing").status == 200
    assert us.delete("/api/metadata/nothing").status == 200


def test_missing_metadata_is_not_found(us: Client) -> None:
    answer = us.get("/api/metadata/storefront/nothing")

    assert (answer.status, answer.json["code"]) == (404, "NotFound")


def test_a_malformed_metadata_body_is_refused_in_plain_text(us: Client) -> None:
    answer = us.put("/api/metadata/storefront/theme", {"value": 5})

    assert answer.status == 400
    assert answer.text == "Json error: obj.value: Object value expected"


def test_metadata_keys_are_paged_by_a_marker(us: Client) -> None:
    for number in range(150):
        us.put(f"/api/metadata/many/key-{number:03d}", {"value": {"n": number}})

    first = us.get("/api/metadata/many").json
    second = us.get("/api/metadata/many", nextMarker=first["nextMarker"]).json

    keys = [each["key"] for page in (first, second) for each in page["results"]]
    assert keys == [f"key-{number:03d}" for number in range(150)]
    assert "nextMarker" not in second


def test_the_last_key_of_a_table_takes_the_table_with_it(us: Client) -> None:
    us.delete("/api/metadata/storefront/theme")
    us.delete("/api/metadata/storefront/banner")

    assert us.get("/api/metadata").json == {"results": []}


def test_an_item_without_the_field_comes_last(us: Client) -> None:
    us.put(f"{ITEMS}/mystery", {"value": {"title": "?"}})

    for ascending in ("true", "false"):
        page = us.get(ITEMS, orderBy="price", sortAscending=ascending).json
        assert page["catalogItemsWithProperties"][-1]["itemId"] == "mystery"


def test_metadata_larger_than_30_kilobytes_is_refused(us: Client) -> None:
    body = {"value": {"text": "x" * 30_001}}

    assert us.put("/api/metadata/storefront/big", body).status == 400
