"""The quality scale: what a connector states of itself, and what it has."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from jackfield.cli.connectors import connectors
from jackfield.connectors.docs.reference import describe
from jackfield.connectors.docs.reference_markdown import render_reference
from jackfield.connectors.loading.discovery import find_connectors, own_folder
from jackfield.connectors.loading.loader import load
from jackfield.connectors.quality import Level, Quality
from jackfield.testing.quality import demands, earned

TODAY = date(2026, 12, 1)
STATED = """\
level: silver
published: { source: its OpenAPI document, version: "3.1", on: 2026-11-01 }
live:
  - { by: Ada, on: 2026-11-30, auth: api_key, what: all actions that read }
"""


@pytest.mark.parametrize("file", find_connectors(own_folder()), ids=lambda file: file.parent.name)
def test_our_own_connectors_state_no_more_than_they_have(file: Path) -> None:
    connector = load(file)
    stated = connector.quality
    levels = [None, *Level]

    has = earned(demands(connector, TODAY))

    assert levels.index(stated.level if stated else None) <= levels.index(has)


def test_a_statement_is_told_where_the_connector_is_read_about(write: Callable[..., Path]) -> None:
    file = write()
    file.with_name("quality.yaml").write_text(STATED, encoding="utf-8")

    text = render_reference(describe(load(file)))

    assert "Quality: silver. Its requests were compared with what the provider publishes" in text
    assert "Tried with the provider itself on 2026-11-30 by Ada: all actions that read." in text
    assert "Not tried with the provider itself." in Quality(Level.BRONZE).summary


def test_who_states_more_than_there_is_is_told_what_is_missing(write: Callable[..., Path]) -> None:
    file = write()
    file.with_name("quality.yaml").write_text(STATED, encoding="utf-8")

    ended = CliRunner().invoke(connectors, ["quality", str(file), "--json"])

    (found,) = json.loads(ended.stdout)
    assert (ended.exit_code, found["states"], found["has"]) == (1, "silver", None)
    missing = {each["text"]: each["missing"] for each in found["demands"]}
    assert missing["an icon among its files"] == ["acme"]
    assert missing["a case for each action"] == ["list_things"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("level: platinum", "platinum"),
        ("level: gold\nstars: 5", "stars"),
        ("level: [", "line 2: Invalid YAML"),
        ("level: gold\nlive: [{ by: Ada }]", "on"),
    ],
)
def test_a_statement_that_cannot_be_read_is_a_finding_of_the_check(
    text: str, said: str, write: Callable[..., Path]
) -> None:
    file = write()
    file.with_name("quality.yaml").write_text(text, encoding="utf-8")

    ended = CliRunner().invoke(connectors, ["check", str(file)])

    assert ended.exit_code == 1
    assert "quality.yaml:1:1: error" in ended.stdout
    assert said in ended.stdout
    assert load(file).quality is None
