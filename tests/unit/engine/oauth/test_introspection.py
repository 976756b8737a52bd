"""What a provider says about a token, and what is no answer."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from jackfield.engine.oauth.introspection import TokenLife, read_life
from jackfield.engine.ports import Response
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json
from tests.support.clock import NOW

CONTEXT: Any = SimpleNamespace(clock=lambda: NOW)
SOON = int(NOW.timestamp()) + 600
GOOD = TokenLife(True)


def life(body: Json) -> TokenLife:
    return read_life(Response(200, {}, json.dumps(body).encode()), CONTEXT)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"active": True, "exp": SOON}, TokenLife(True, NOW + timedelta(minutes=10))),
        ({"active": True, "exp": str(SOON)}, TokenLife(True, NOW + timedelta(minutes=10))),
        ({"active": True}, GOOD),
        # No end that could be meant: an active token has none in the past, or in another unit.
        ({"active": True, "exp": SOON - 3600}, GOOD),
        ({"active": True, "exp": SOON * 1000}, GOOD),
        ({"active": True, "exp": "soon"}, GOOD),
        ({"active": False}, TokenLife(False)),
    ],
)
def test_end_of_a_token_is_read_or_not_known(body: Json, expected: TokenLife) -> None:
    assert life(body) == expected


@pytest.mark.parametrize("body", [{}, [], {"active": "false"}, {"active": None, "exp": SOON}])
def test_answer_that_does_not_say_it_is_none(body: Json) -> None:
    with pytest.raises(HubError):
        life(body)
