from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackfield.connectors.field_validation import check_credentials, visible_fields
from jackfield.connectors.fields import read_field
from jackfield.kit.errors import Fault

FIELDS = tuple(
    map(
        read_field,
        [
            {"key": "api_key", "label": "API Key", "type": "password", "required": True,
             "advice": {"pattern": "^[a-f0-9]{4}$", "message": "That is not a usual key."}},
            {"key": "region", "label": "Region", "type": "select", "required": True,
             "options": [{"value": "us", "label": "United States"},
                         {"value": "eu", "label": "European Union"}]},
            {"key": "tenant", "label": "Tenant", "type": "text",
             "condition": "{{credentials.region == 'eu'}}", "required": True,
             "validation": {"pattern": "^[a-z]+$", "errorMessage": "Only letters."}},
            {"key": "port", "label": "Port", "type": "number", "value": "443"},
            {"key": "mail", "label": "Mail", "type": "text", "validation": {"format": "email"}},
            {"key": "host", "label": "Host", "type": "text", "computed": True,
             "value": "${credentials.region}.example.com"},
        ],
    )
)  # fmt: skip
GOOD = {"api_key": "ab12", "region": "us"}


def faults_of(given: Mapping[str, object]) -> list[Fault]:
    return list(check_credentials(FIELDS, given).faults)


def test_what_is_filled_in_is_put_in_order() -> None:
    checked = check_credentials(FIELDS, {"api_key": "  ab12\n", "region": "united states"})

    assert checked.faults == checked.warnings == ()
    assert checked.values == {
        "api_key": "ab12",
        "region": "us",
        "port": "443",
        "host": "us.example.com",
    }


def test_everything_wrong_is_said_at_once_and_by_field() -> None:
    faults = faults_of(
        {"api_key": " ", "region": "mars", "port": "x", "mail": "no", "reigon": "us"}
    )

    assert faults == [
        Fault("credentials.reigon", "This is not asked for. Did you mean 'region'?"),
        Fault("credentials.api_key", "API Key is required."),
        Fault("credentials.region", "Region must be one of: United States, European Union."),
        Fault("credentials.port", "Port must be a number."),
        Fault("credentials.mail", "Mail does not have the expected form."),
    ]


def test_a_fault_never_repeats_what_was_filled_in() -> None:
    faults = faults_of({"api_key": ["s3cret"], "region": "s3cret", "mail": "s3cret"})

    assert len(faults) == 3
    assert "s3cret" not in str(faults)


def test_a_doubt_is_no_refusal() -> None:
    checked = check_credentials(FIELDS, GOOD | {"api_key": "XYZ"})

    assert checked.faults == ()
    assert checked.warnings == (Fault("credentials.api_key", "That is not a usual key."),)


def test_a_field_counts_only_where_its_condition_holds() -> None:
    assert faults_of(GOOD) == []
    assert faults_of(GOOD | {"region": "eu"}) == [
        Fault("credentials.tenant", "Tenant is required.")
    ]
    assert faults_of(GOOD | {"region": "eu", "tenant": "A1"}) == [
        Fault("credentials.tenant", "Only letters.")
    ]
    assert [field.key for field in visible_fields(FIELDS, {"region": "us"})] == [
        "api_key", "region", "port", "mail", "host"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "around",
    ["\ufeff", "\u200b", "\u200e \u2060", "\u00a0\ufeff\n", "\u202a\u202c", "\r\n", "\t", "\u3000"],
)
def test_what_copying_brings_along_at_the_ends_is_left_out(around: str) -> None:
    checked = check_credentials(FIELDS, GOOD | {"api_key": f"{around}ab12{around}"})

    assert (checked.values["api_key"], checked.faults) == ("ab12", ())


@pytest.mark.parametrize(
    "inside",
    [
        "\n",
        "\r\n",
        "\0",
        "\x7f",
        "\t",
        "\x85",
        "\u200b",
        "\u200e",
        "\u202e",
        "\u00ad",
        "\ufeff",
        "\u2028",
    ],
)
@pytest.mark.parametrize("kind", ["password", "text"])
def test_what_no_header_can_hold_is_a_fault_of_its_field(kind: str, inside: str) -> None:
    field = read_field({"key": "a", "label": "A", "type": kind})

    checked = check_credentials([field], {"a": f"se{inside}cret"})

    assert checked.values == {}
    assert checked.faults == (
        Fault("credentials.a", "A holds a line break or an invisible character: copy it again."),
    )


@pytest.mark.parametrize(
    ("value", "is_odd"),
    [("“se3cret”", True), ("se3 cret", True), ("se3—cret", True), ("se3-cret'\"", False), ("päß", False),
     ("-----BEGIN RSA PRIVATE KEY-----\nabc=\n-----END RSA PRIVATE KEY-----", False)],
)  # fmt: skip
def test_what_word_processors_make_of_a_key_is_doubted(value: str, is_odd: bool) -> None:
    field = read_field({"key": "a", "label": "A", "type": "password"})

    checked = check_credentials([field], {"a": value})

    assert checked.values == {"a": value}
    assert bool(checked.warnings) is is_odd


def test_what_is_worked_out_cannot_be_given() -> None:
    checked = check_credentials(FIELDS, GOOD | {"host": "evil.example"})

    assert checked.values["host"] == "us.example.com"


@pytest.mark.parametrize("value", [5, True, 1.5])
def test_values_of_other_types_are_taken_as_their_text(value: object) -> None:
    field = read_field({"key": "a", "label": "A", "type": "text"})

    assert check_credentials([field], {"a": value}).values["a"] in {"5", "true", "1.5"}


def test_a_very_long_value_is_refused() -> None:
    assert faults_of(GOOD | {"api_key": "x" * 100_000}) == [
        Fault("credentials.api_key", "API Key is too long.")
    ]


@given(
    st.dictionaries(
        st.sampled_from([field.key for field in FIELDS]) | st.text(max_size=5),
        st.none()
        | st.text(max_size=20)
        | st.integers()
        | st.lists(st.text(max_size=3), max_size=2),
    )
)
def test_anything_can_be_checked(given: dict[str, object]) -> None:
    checked = check_credentials(FIELDS, given)

    assert all(fault.path.startswith("credentials.") for fault in checked.faults)
