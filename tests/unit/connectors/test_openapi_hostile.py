"""Descriptions that are broken or meant to do harm: named, never a trace and never fetched."""

import json
from pathlib import Path
from typing import Any

import pytest

from jackfield.connectors.openapi import source
from jackfield.connectors.openapi.importer import InvalidOpenApi, import_document


def document(**more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "info": {"title": "Made", "version": "1"},
        "servers": [{"url": "https://api.made.example"}],
        "paths": {"/a": {"get": {"operationId": "a"}}},
        **more,
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("openapi: 3.0.0\n".encode("utf-16"), r"is not UTF-8: byte 0 cannot be read"),
        (b"openapi: 3.0.0\ninfo: { title: \xff }", r"is not UTF-8: byte 30 cannot"),
        (b'{"openapi": "3.0.0", "x": ' + b"[" * 3000 + b"]" * 3000 + b"}", "nested more than 100"),
        (b"openapi: 3.0.0\na: &a [" + b"1, " * 999 + b"]\nb: &b [" + b"*a, " * 999 + b"]\n"
         b"c: [" + b"*b, " * 99 + b"]", "more than 1,000,000 values"),
    ],
    ids=["utf-16", "a byte", "deep", "aliases"],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_where(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(content)

    with pytest.raises(InvalidOpenApi, match=message):
        import_document(file)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_MOST_MEGABYTES", 0)
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document()))

    with pytest.raises(InvalidOpenApi, match="larger than 0 MB"):
        import_document(file)


def test_schemas_that_hold_each_other_many_times_leave_the_operation_out(tmp_path: Path) -> None:
    ref = {"$ref": "#/components/schemas/Wide"}
    wide = {"type": "object", "properties": {f"p{number}": ref for number in range(60)}}
    body = {"content": {"application/json": {"schema": ref}}}
    paths = {"/a": {"get": {"operationId": "a"}, "post": {"operationId": "b", "requestBody": body}}}
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document(paths=paths, components={"schemas": {"Wide": wide}})))

    made = import_document(file, key="made")

    assert made.actions == 1
    assert "b is left out: its schemas unfold to more than 50,000 values" in made.doubts


def test_answers_that_hold_each_other_many_times_have_a_short_outline(tmp_path: Path) -> None:
    ref = {"$ref": "#/components/schemas/Wide"}
    wide = {"type": "object", "properties": {f"p{number}": ref for number in range(60)}}
    good = {"description": "ok", "content": {"application/json": {"schema": ref}}}
    paths = {"/a": {"get": {"operationId": "a", "responses": {"200": good}}}}
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document(paths=paths, components={"schemas": {"Wide": wide}})))

    made = import_document(file, key="made")

    assert len(made.files["made.a.s1.partial.yaml"]) < 10_000


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("https://other.example/paths.yaml", "leads out of the document, and nothing is fetched"),
        ("#/paths/~1a", "leads back to itself"),
    ],
)
def test_a_description_of_references_alone_is_refused_with_their_places(
    tmp_path: Path, ref: str, reason: str
) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document(paths={"/a": {"$ref": ref}})))

    with pytest.raises(InvalidOpenApi, match=f"at #/paths/~1a {reason}"):
        import_document(file)


def test_operations_of_one_id_are_named_with_their_places(tmp_path: Path) -> None:
    paths = {path: {"get": {"operationId": "same"}} for path in ("/a", "/b~c")}
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document(paths=paths)))

    (told, *_) = import_document(file, key="made").doubts

    assert told == (
        "the operationId 'same' is not the only one: same (#/paths/~1a/get), "
        "same_2 (#/paths/~1b~0c/get)"
    )


@pytest.mark.parametrize("place", ["paths", "components", "security", "servers", "info", "tags"])
@pytest.mark.parametrize("value", [None, 1, "x", [], {}, [[]], [None], {"a": None}, {"a": [1]}])
def test_what_is_of_another_type_is_no_trace(tmp_path: Path, place: str, value: Any) -> None:
    file = tmp_path / "x.json"
    file.write_text(json.dumps(document(**{place: value})))

    if place == "paths":
        with pytest.raises(InvalidOpenApi, match="has no operations"):
            import_document(file, key="made")
    else:
        assert import_document(file, key="made").actions == 1
