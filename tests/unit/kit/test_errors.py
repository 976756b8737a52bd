import pytest

from jackfield.kit.errors import CATALOGUE, Fault, HubError, InvalidRequest, NotFound, summary


def test_a_code_belongs_to_one_error() -> None:
    with pytest.raises(TypeError, match="'not_found' is taken by NotFound"):
        type("Lost", (HubError,), {"code": "not_found"})

    assert CATALOGUE["not_found"] is NotFound


def test_the_docstring_is_the_message_until_there_is_a_better_one() -> None:
    assert NotFound().detail == summary(NotFound)
    assert NotFound("no account").detail == "no account"


def test_faults_are_the_message_where_there_is_no_other() -> None:
    faults = [Fault("path.id", "is required"), Fault("query.from", "must be a number")]

    assert InvalidRequest(faults=faults[:1]).detail == "path.id is required"
    assert InvalidRequest(faults=faults).detail == "path.id is required (and 1 more)"
    assert InvalidRequest("two", faults=faults).detail == "two"
