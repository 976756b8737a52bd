"""The structure, as editors and readers get it."""

from pathlib import Path

import jsonschema_rs
import msgspec
import pytest

from jackfield.connectors import yaml
from jackfield.connectors.loading import includes
from jackfield.connectors.loading.discovery import find_connectors, own_folder
from jackfield.connectors.schema.export import connector_schema, partial_schema
from jackfield.connectors.schema.reference import render_reference
from tests.unit.connectors.conftest import MAIN

ROOT = Path(__file__).parents[3]
REFRESH = "run: jackfield connectors schema > schema/connector.schema.json, and with --partial"


@pytest.mark.parametrize(
    ("name", "schema"),
    [("connector", connector_schema()), ("partial", partial_schema())],
)
def test_the_schemas_for_editors_are_fresh(name: str, schema: object) -> None:
    kept = (ROOT / "schema" / f"{name}.schema.json").read_bytes()

    assert msgspec.json.decode(kept) == schema, REFRESH


def test_the_reference_page_is_fresh() -> None:
    kept = (ROOT / "docs" / "connectors" / "reference.md").read_text(encoding="utf-8")

    assert kept == render_reference(), "run: jackfield connectors schema --markdown"


@pytest.mark.parametrize("file", find_connectors(own_folder()), ids=lambda file: file.stem)
def test_an_editor_finds_nothing_wrong_with_our_own_connectors(file: Path) -> None:
    main = jsonschema_rs.validator_for(connector_schema())
    partial = jsonschema_rs.validator_for(partial_schema())

    parts = file.parent.glob("*.partial.yaml")

    assert [*main.iter_errors(yaml.parse(includes.resolve(file).text).value)] == []
    assert [*main.iter_errors(yaml.parse(file.read_text(encoding="utf-8")).value)] == []
    for part in parts:
        value = yaml.parse(part.read_text(encoding="utf-8")).value
        assert [*partial.iter_errors(value)] == [], part


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("StackOne: 1.0.0", "StackOne: 2.0.0"),
        ("method: get", "method: GET"),
        ("label: API Key", "lable: API Key"),
        ("functionName: request", "functionName: browser_use"),
    ],
)
def test_an_editor_sees_what_the_loader_refuses(old: str, new: str) -> None:
    validator = jsonschema_rs.validator_for(connector_schema())

    assert validator.is_valid(yaml.parse(MAIN).value)
    assert not validator.is_valid(yaml.parse(MAIN.replace(old, new, 1)).value)
