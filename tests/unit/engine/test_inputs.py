import pytest

from jackfield.engine.errors import InvalidStep
from jackfield.engine.inputs.accept import Inputs
from jackfield.engine.inputs.errors import InvalidInputs

INPUTS = [
    {"name": "id", "type": "string", "in": "path", "required": True, "description": "Whose."},
    {
        "name": "limit",
        "type": "number",
        "in": "query",
        "default": 10,
        "rules": {"min": 1, "max": 50},
    },
    {"name": "all", "type": "boolean", "in": "query"},
    {"name": "tags", "type": "string", "in": "query", "array": True},
    {"name": "X-Tenant", "type": "string", "in": "headers"},
    {"name": "state", "type": "enum", "in": "body", "oneOf": {"values": ["open", "closed"]}},
    {"name": "mail", "type": "string", "in": "body", "rules": {"format": "email"}},
    {
        "name": "items",
        "type": "object",
        "array": True,
        "in": "body",
        "properties": [
            {"name": "sku", "type": "string", "required": True, "rules": {"minLength": 2}},
            {"name": "count", "type": "number"},
        ],
    },
]


def faults(placed: dict, **keys: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputs) as caught:
        Inputs(INPUTS, **keys).accept(placed)
    return [(fault.path, fault.message) for fault in caught.value.faults]


def test_inputs_are_found_wherever_they_were_put() -> None:
    placed = {"body": {"id": "7", "limit": "5", "all": "true", "X-Tenant": "t"}}

    accepted = Inputs(INPUTS).accept(placed)

    assert accepted == {"id": "7", "limit": 5, "all": True, "X-Tenant": "t"}


def test_what_a_url_carries_as_text_becomes_its_declared_type() -> None:
    placed = {
        "path": {"id": 42},
        "query": {"limit": "7", "all": "false", "tags": "one"},
        "headers": {"x-tenant": "t", "user-agent": "curl"},
    }

    assert Inputs(INPUTS).accept(placed) == {
        "id": "42",
        "limit": 7,
        "all": False,
        "tags": ["one"],
        "X-Tenant": "t",
    }


@pytest.mark.parametrize(
    ("type_", "text"), [("number", "7"), ("integer", "7"), ("boolean", "true"), ("boolean", "1")]
)
def test_a_text_in_a_body_keeps_its_type(type_: str, text: str) -> None:
    inputs = [{"name": "n", "type": type_, "in": "body"}]

    with pytest.raises(InvalidInputs):
        Inputs(inputs).accept({"body": {"n": text}})


def test_all_faults_are_told_at_once_and_without_any_value() -> None:
    placed = {
        "query": {"limit": "99", "all": "maybe"},
        "body": {
            "state": "secret-state",
            "mail": "secret-mail",
            "items": [{"sku": "a"}, {"count": "x"}],
            "stat": 1,
        },
    }

    found = faults(placed)

    assert sorted(found) == [
        ("body.items[0].sku", "must have at least 2 characters"),
        ("body.items[1].count", "must be a number"),
        ("body.items[1].sku", "is required"),
        ("body.mail", "must be an email address"),
        ("body.stat", "is not an input of this action; did you mean 'state'?"),
        ("body.state", "must be one of open, closed"),
        ("path.id", "is required"),
        ("query.all", "must be a boolean"),
        ("query.limit", "may be at most 50"),
    ]


@pytest.mark.parametrize("name", ["debug", "raw", "fields", "filter", "proxy"])
def test_conventional_names_are_ignored(name: str) -> None:
    assert Inputs(INPUTS).accept({"body": {"id": "7", name: 1}}) == {"id": "7", "limit": 10}


def test_names_of_paging_are_kept() -> None:
    placed = {"body": {"id": "7", "page_size": 5, "next": "abc"}}

    assert Inputs(INPUTS).accept(placed) == {"id": "7", "limit": 10, "page_size": 5, "next": "abc"}


def test_null_counts_as_absent() -> None:
    assert Inputs(INPUTS).accept({"body": {"id": "7", "mail": None}}) == {"id": "7", "limit": 10}
    assert faults({"body": {"id": None}}) == [("path.id", "is required")]


@pytest.mark.parametrize(
    ("rule", "placed", "fault"),
    [
        (
            {"rule": "atLeastOneOf", "fields": ["mail", "state"]},
            {},
            ("body.mail", "give at least one of mail, state"),
        ),
        (
            {"rule": "mutuallyExclusive", "fields": ["all", "tags"]},
            {"all": True, "tags": []},
            ("query.tags", "give only one of all, tags"),
        ),
        (
            {"rule": "requiredIf", "field": "mail", "condition": {"field": "all", "equals": True}},
            {"all": True},
            ("body.mail", "is required because of all"),
        ),
        (
            {
                "rule": "requiredIf",
                "field": "mail",
                "condition": {"field": "tags", "present": True},
                "errorMessage": "is needed with tags",
            },
            {"tags": ["a"]},
            ("body.mail", "is needed with tags"),
        ),
    ],
)
def test_rules_between_inputs_are_kept(rule: dict, placed: dict, fault: tuple) -> None:
    assert faults({"body": {"id": "7", **placed}}, rules=[rule]) == [fault]
    assert Inputs(INPUTS, [rule]).accept({"body": {"id": "7", "state": "open", "mail": "a@b.c"}})


def test_the_schema_describes_every_input() -> None:
    schema = Inputs(INPUTS).schema

    assert schema["required"] == ["id"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["id"] == {"type": "string", "description": "Whose."}
    assert schema["properties"]["limit"] == {
        "type": "number",
        "minimum": 1,
        "maximum": 50,
        "default": 10,
    }
    assert schema["properties"]["state"]["enum"] == ["open", "closed"]
    assert schema["properties"]["mail"]["format"] == "email"
    assert schema["properties"]["items"]["items"]["required"] == ["sku"]


@pytest.mark.parametrize(
    "document",
    [
        [{"type": "string"}],
        [{"name": "a", "type": "date"}],
        [{"name": "a", "type": "enum", "oneOf": {"ref": "nope"}}],
        [{"name": "a", "type": "object", "properties": [{"type": "string"}]}],
    ],
)
def test_malformed_inputs_are_refused(document: list) -> None:
    with pytest.raises(InvalidStep):
        Inputs(document)


def test_a_variant_may_have_another_shape() -> None:
    inputs = Inputs([{"name": "to", "type": "string", "variants": [{"type": "object"}]}])

    assert inputs.accept({"body": {"to": "a"}}) == {"to": "a"}
    assert inputs.accept({"body": {"to": {"b": 1}}}) == {"to": {"b": 1}}
    with pytest.raises(InvalidInputs):
        inputs.accept({"body": {"to": 1}})


def test_an_object_may_be_limited_in_entries() -> None:
    inputs = Inputs([{"name": "by", "type": "object", "rules": {"maxProperties": 1}}])

    assert inputs.accept({"body": {"by": {"a": 1}}}) == {"by": {"a": 1}}
    with pytest.raises(InvalidInputs, match=r"body.by may have at most 1 entries"):
        inputs.accept({"body": {"by": {"a": 1, "b": 2}}})


def test_the_connectors_own_words_replace_ours() -> None:
    rules = {"pattern": "^[a-f0-9]+$", "errorMessage": "must be hexadecimal"}
    inputs = Inputs([{"name": "key", "type": "string", "rules": rules}])

    with pytest.raises(InvalidInputs, match=r"body.key must be hexadecimal"):
        inputs.accept({"body": {"key": "xyz"}})


def test_null_is_a_value_where_the_input_says_so_and_nothing_elsewhere() -> None:
    inputs = Inputs(
        [
            {"name": "nick", "type": "string", "in": "body", "nullable": True},
            {"name": "state", "type": "enum", "nullable": True, "oneOf": {"values": ["on"]}},
            {"name": "tags", "type": "string", "array": True, "nullable": True},
            {"name": "name", "type": "string", "in": "body"},
            {"name": "page", "type": "integer", "in": "query", "nullable": True},
        ]
    )
    everything = {"nick": None, "state": None, "tags": None, "name": None}

    taken = inputs.accept({"body": everything, "query": {"page": None}})

    assert taken == {"nick": None, "state": None, "tags": None}
    assert inputs.accept({}) == {}
    assert inputs.schema["properties"]["state"]["enum"] == ["on", None]
    assert inputs.schema["properties"]["nick"]["type"] == ["string", "null"]
