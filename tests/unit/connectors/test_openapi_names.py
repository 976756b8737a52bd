"""Names of imported actions: short, apart, and the same whatever the document's order."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors.openapi.importer import import_document
from jackfield.connectors.openapi.names import distinct, snake_case
from jackfield.connectors.yaml import parse

LONG = "x" * 90


def actions(file: Path, paths: dict[str, Any], **root: Any) -> dict[str, Any]:
    """Return the imported actions by their method and URL."""
    document = {"openapi": "3.0.3", "info": {"title": "Made", "version": "1"}, "paths": paths}
    file.write_text(json.dumps(document | root), encoding="utf-8")
    made = import_document(file, key="made")
    listed = [
        each for name, text in made.files.items() if "partial" in name for each in parse(text).value
    ]
    calls = {each["actionId"]: each["steps"][0]["stepFunction"]["parameters"] for each in listed}
    return {f"{calls[e['actionId']]['method']} {calls[e['actionId']]['url']}": e for e in listed}


def test_a_name_does_not_depend_on_the_order_of_the_document(tmp_path: Path) -> None:
    ids = {
        "/a": "read-file", "/b": "read_file", "/c": "ReadFile", "/d": "read.file_2",
        "/e": f"{LONG}1", "/f": f"{LONG}2",
    }  # fmt: skip
    operations = {path: {"get": {"operationId": name}} for path, name in ids.items()}

    made = [
        {call: each["actionId"] for call, each in actions(tmp_path / "x.json", dict(order)).items()}
        for order in list(permutations(operations.items()))[::97]
    ]

    assert len(made) > 5
    assert all(each == made[0] for each in made)
    assert made[0] == {
        "get /a": "read_file",
        "get /b": "read_file_3",
        "get /c": "read_file_4",
        "get /d": "read_file_2",
        "get /e": "x" * 55,
        "get /f": "x" * 53 + "_2",
    }


def test_inputs_of_one_name_are_told_apart_by_place_whatever_their_order(tmp_path: Path) -> None:
    parameters = [
        {"name": "id", "in": place, "required": place == "path", "schema": {"type": "string"}}
        for place in ("cookie", "header", "query", "path")
    ]

    made = [
        actions(tmp_path / "x.json", {"/x/{id}": {"get": {"parameters": list(order)}}})
        for order in permutations(parameters)
    ]

    (first, *_) = made
    (action,) = first.values()
    names = [(each["in"], each["name"]) for each in action["inputs"]]
    assert all(each == first for each in made)
    assert names == [
        ("path", "id"), ("query", "query_id"), ("headers", "headers_id"), ("headers", "headers_id_2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("operation_id", "path", "name"),
    [
        ("读文件", "/files/{id}", "get_files_id"),
        ("get文件", "/files", "get_files"),
        ("прочитать", "/files", "get_files"),
        ("---", "/files", "get_files"),
        ("", "/files", "get_files"),
        ("créerCompte", "/files", "creer_compte"),
        ("naïve_List", "/files", "naive_list"),
        ("listFiles", "/files", "list_files"),
    ],
)
def test_an_id_without_letters_of_ours_is_named_by_its_path(
    tmp_path: Path, operation_id: str, path: str, name: str
) -> None:
    operation = {"operationId": operation_id, "tags": ["文件"]}

    (action,) = actions(tmp_path / "x.json", {path: {"get": operation}}).values()

    assert action["actionId"] == name
    assert len(action["label"]) > 2
    assert list(import_document(tmp_path / "x.json", key="made").files)[1] == (
        "made.files.s1.partial.yaml"
    )


def test_a_title_without_letters_of_ours_gives_a_key_all_the_same(tmp_path: Path) -> None:
    info = {"title": "文件服务", "version": "1"}
    actions(tmp_path / "x.json", {"/a": {"get": {}}}, info=info)

    assert import_document(tmp_path / "x.json").key == "imported"


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=40), max_size=20), st.randoms())
def test_distinct_names_are_short_apart_and_of_no_order(
    wanted: dict[str, str], random: Any
) -> None:
    spelled = {key: snake_case(each) for key, each in wanted.items()}
    shuffled = list(spelled.items())
    random.shuffle(shuffled)

    named = distinct(spelled, longest=20, taken=("x_", "x_2"))

    assert named == distinct(dict(shuffled), longest=20, taken=("x_", "x_2"))
    assert len({*named.values(), "x_", "x_2"}) == len(named) + 2
    assert all(len(each) <= 20 for each in named.values())
