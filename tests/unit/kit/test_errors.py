import pytest

from jackfield.kit.errors import CATALOGUE, HubError, NotFound, summary


def test_a_code_belongs_to_one_error() -> None:
    with pytest.raises(TypeError, match="'not_found' is taken by NotFound"):
        type("Lost", (HubError,), {"code": "not_found"})

    assert CATALOGUE["not_found"] is NotFound


def test_the_docstring_is_the_message_until_there_is_a_better_one() -> None:
    assert NotFound().detail == summary(NotFound)
    assert NotFound("no account").detail == "no account"
