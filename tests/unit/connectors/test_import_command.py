"""`jackfield connectors import openapi`, as an author types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jackfield.cli import main

THING = {
    "type": "object",
    "properties": {"id": {"type": "string", "example": "t1"}, "name": {"type": "string"}},
}
PETS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Pets", "version": "2026-01"},
    "servers": [{"url": "https://api.pets.example"}],
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    },
    "security": [{"key": []}],
    "paths": {
        "/pets/{id}": {
            "get": {
                "operationId": "getPet",
                "tags": ["Pets"],
                "summary": "Get a pet",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "example": "p/1"}
                ],
                "responses": {
                    "200": {"description": "ok", "content": {"application/json": {"schema": THING, "example": {"id": "p/1"}}}}
                },
            }
        },
        "/pets": {
            "post": {
                "operationId": "addPet",
                "tags": ["Pets"],
                "requestBody": {"content": {"application/json": {"schema": {**THING, "required": ["name"]}}}},
                "responses": {"201": {"description": "ok", "content": {"application/json": {"schema": THING}}}},
            }
        },
        "/owners": {"get": {"operationId": "listOwners", "tags": ["Owners"]}},
    },
}  # fmt: skip


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "pets.json"
    file.write_text(json.dumps(PETS), encoding="utf-8")
    return file


def run(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["connectors", *map(str, arguments)], input=given)


def import_(document: Path, *options: str, given: str | None = None) -> Result:
    folder = document.parent / "connectors"
    return run("import", "openapi", document, "--folder", folder, *options, given=given)


def test_the_result_passes_the_check_and_its_cases_and_states_no_more_than_it_has(
    document: Path,
) -> None:
    result = import_(document, "--key", "pets")

    folder = document.parent / "connectors" / "pets"
    assert result.exit_code == 0, result.output
    assert "3 action(s) and 2 case(s) in" in result.stdout
    assert run("check", folder).stdout == ""
    assert json.loads(run("cases", folder, "--json").stdout) == {"cases": 2, "failed": []}
    assert run("quality", folder).exit_code == 0


def test_what_is_left_to_a_person_is_listed_with_its_place(document: Path) -> None:
    told = import_(document).stdout

    for place in (
        "support.guides",
        "testActions",
        "identity",
        "customErrors",
        "rateLimit",
        "output",
    ):
        assert place in told
    assert "such as list_owners" in told


def test_a_case_is_made_of_the_descriptions_examples(document: Path) -> None:
    import_(document)

    text = (document.parent / "connectors" / "pets" / "cases" / "pets.yaml").read_text("utf-8")

    assert "path: /pets/p%2F1" in text
    assert "name: name-1" in text  # What must be given and has no example.
    assert "status: 201" in text


def test_without_a_guide_it_states_no_level(document: Path) -> None:
    result = import_(document, "--json")

    stated = (document.parent / "connectors" / "pets" / "quality.yaml").read_text("utf-8")
    assert json.loads(result.stdout)["level"] is None
    assert "published:" in stated
    assert "level" not in stated
    assert run("quality", document.parent / "connectors").exit_code == 0


def test_a_guide_makes_it_bronze(document: Path) -> None:
    described = json.loads(json.dumps(PETS))
    described["components"]["securitySchemes"]["key"]["description"] = "Under Settings, Keys."
    document.write_text(json.dumps(described), encoding="utf-8")

    result = import_(document, "--json")

    assert json.loads(result.stdout)["level"] == "bronze"
    assert run("quality", document.parent / "connectors").exit_code == 0


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        ("getPet", ["get_pet"]),
        ("get_pet,listOwners", ["get_pet", "list_owners"]),
        ("*Pet", ["add_pet", "get_pet"]),
        ("list*", ["list_owners"]),
    ],
)
def test_only_what_is_named_becomes_actions(
    document: Path, wanted: str, actions: list[str]
) -> None:
    result = import_(document, "--actions", wanted)

    text = "".join(
        file.read_text("utf-8") for file in (document.parent / "connectors").rglob("*.partial.yaml")
    )
    assert result.exit_code == 0, result.output
    assert sorted(line[12:] for line in text.splitlines() if "actionId" in line) == actions


def test_names_come_from_a_file_and_from_standard_input(document: Path) -> None:
    names = document.parent / "names.txt"
    names.write_text("# ours\ngetPet\n", encoding="utf-8")

    result = import_(
        document, "--actions", str(names), "--actions", "-", "--json", given="listOwners\n"
    )

    assert json.loads(result.stdout)["actions"] == 2


def test_a_name_that_there_is_not_is_refused_with_the_nearest(document: Path) -> None:
    result = import_(document, "--actions", "getPets,list*,zzz")

    assert result.exit_code == 1
    assert "no operation is called 'getPets'; the nearest are getPet" in result.stderr
    assert "no operation is called 'zzz'" in result.stderr
    assert "[unknown_operations]" in result.stderr
    assert not (document.parent / "connectors").exists()


@pytest.mark.parametrize("content", ["", "# nothing\n"])
def test_a_list_of_names_without_a_name_is_refused(document: Path, content: str) -> None:
    result = import_(document, "--actions", "-", given=content)

    assert result.exit_code == 1
    assert "no operations are named" in result.stderr


def test_a_name_does_not_depend_on_what_else_is_chosen(document: Path) -> None:
    described = json.loads(json.dumps(PETS))
    described["paths"]["/owners"]["get"]["operationId"] = "get-pet"
    document.write_text(json.dumps(described), encoding="utf-8")
    all_of_them = import_(document, "--key", "all", "--json")

    import_(document, "--key", "one", "--actions", "get-pet")

    both = (document.parent / "connectors").rglob("*owners.s1.partial.yaml")
    names = {file.read_text("utf-8").splitlines()[0] for file in both}
    assert all_of_them.exit_code == 0
    assert len(names) == 1
