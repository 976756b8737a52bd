"""What changes from one version of a connector to another, and what of it breaks callers."""

import pytest

from jackfield.connectors.changes import Change, Weight, compare, lost_actions, methods_to_relink
from jackfield.connectors.connector import Connector
from jackfield.uploads.inspection import inspect
from tests.support.uploads import bundle, document

INPUT = "{name: kind, type: string, description: Which., in: query}"
FIELD = "- {key: token, label: Token, type: password, required: true, secret: true}"


def connector(**changes: str) -> Connector:
    found = inspect(bundle(document("2.0.0", **changes)), key="acme").connector
    assert found is not None
    return found


def changes_of(**changes: str) -> list[tuple[str, str, str]]:
    found = compare(connector(), connector(**changes))
    return [(each.weight.value, each.area, each.message) for each in found]


def test_a_version_that_says_the_same_changes_nothing() -> None:
    assert changes_of(**{"description: Things.": "description: Other things."}) == []


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (INPUT.replace("string", "number"), ("breaks", "'kind' was string, becomes number")),
        (INPUT.replace("}", ", required: true}"), ("breaks", "'kind' becomes required")),
        (f"{INPUT}, {INPUT.replace('kind', 'more')}", ("adds", "'more' is new")),
        (
            f"{INPUT}, {INPUT.replace('kind', 'more').replace('}', ', required: true}')}",
            ("breaks", "'more' is new and required"),
        ),
    ],
)
def test_an_input_that_callers_must_give_otherwise_breaks_them(
    new: str, expected: tuple[str, str]
) -> None:
    weight, message = expected

    assert changes_of(**{INPUT: new}) == [(weight, "inputs", message)]


def test_a_value_that_is_no_longer_taken_breaks_callers() -> None:
    choice = "{name: kind, type: enum, oneOf: {values: [a, b]}, description: Which., in: query}"
    before = connector(**{INPUT: choice})

    found = compare(before, connector(**{INPUT: choice.replace("[a, b]", "[b, c]")}))

    assert [each.message for each in found] == ["'kind' no longer takes a"]


def test_an_action_that_begins_to_delete_wants_to_be_looked_at() -> None:
    found = changes_of(**{"effects: [read]": "effects: [delete]"})

    assert found == [("care", "effects", "was read, becomes delete")]


def test_what_breaks_comes_first() -> None:
    found = compare(
        connector(), connector(**{"list_things": "find_things", "api.acme": "other.acme"})
    )

    assert [each.weight for each in found] == [
        Weight.BREAKS, Weight.CARE, Weight.ADDS, Weight.ADDS
    ]  # fmt: skip
    assert Change("hosts", "https://other.acme.example", "may be sent credentials from now on",
                  Weight.CARE) in found  # fmt: skip
    assert lost_actions(connector(), connector(list_things="find_things")) == {"acme_list_things"}


def test_accounts_are_linked_again_only_where_they_lack_something() -> None:
    optional = f"{FIELD}\n        - {{key: note, label: Note, type: text}}"
    required = f"{FIELD}\n        - {{key: note, label: Note, type: text, required: true}}"

    assert methods_to_relink(connector(), connector(**{FIELD: optional})) == {}
    assert methods_to_relink(connector(), connector(**{FIELD: required})) == {
        "token": "it needs note"
    }
    assert methods_to_relink(connector(), connector(**{"- token:": "- key:"})) == {
        "token": "the auth method is gone"
    }
