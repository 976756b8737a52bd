"""A connector's credentials in a request that none of its actions describes."""

import pytest

from jackfield.engine.ports import Request
from jackfield.engine.proxy import ProxyAccount
from tests.unit.engine.building import CREDENTIALS, connector


@pytest.mark.parametrize("query", ["api_key=mine&x=1", "x=1&API_KEY=mine", "api%5Fkey=mine&x=1"])
def test_a_key_in_the_query_takes_the_place_of_the_callers(query: str) -> None:
    authorization = {
        "type": "apiKey", "in": "query", "name": "api_key", "value": "$.credentials.token",
    }  # fmt: skip
    compiled = connector(authorization=authorization)
    linked = ProxyAccount("main", "production", CREDENTIALS)

    sent = compiled.proxy.authorize(Request("GET", f"https://api.example.com/raw?{query}"), linked)

    assert sent.url == f"https://api.example.com/raw?x=1&api_key={CREDENTIALS['token']}"
