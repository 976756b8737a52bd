"""Snippets, found by number or name."""

import pytest

from tests.sandbox.client import Client


def test_a_snippet_is_found_by_number_and_by_name(us: Client) -> None:
    by_number = us.get("/api/snippets/40001").json
    by_name = us.get("/api/snippets/signature").json

    assert by_number == by_name
    assert by_number["snippet"]["projectId"] == 4101


def test_a_snippets_variables_follow_from_its_content(us: Client) -> None:
    number = us.post(
        "/api/snippets", {"name": "closing", "content": "{{firstName}} {{{city}}} {{firstName}}"}
    ).json["snippetId"]

    assert us.get(f"/api/snippets/{number}").json["snippet"]["variables"] == ["firstName", "city"]


def test_a_name_is_used_once(us: Client) -> None:
    answer = us.post("/api/snippets", {"name": "signature", "content": "x"})

    assert (answer.status, answer.json["code"]) == (400, "BadParams")


@pytest.mark.parametrize("name", ["42", "", "semi;colon", "x" * 101])
def test_a_malformed_name_is_refused(us: Client, name: str) -> None:
    assert us.post("/api/snippets", {"name": name, "content": "x"}).status == 400


def test_writing_under_a_new_name_makes_a_snippet_and_under_a_new_number_does_not(
    us: Client,
) -> None:
    assert us.put("/api/snippets/closing", {"content": "x"}).status == 201
    assert us.put("/api/snippets/closing", {"content": "y"}).status == 200
    assert us.put("/api/snippets/42", {"content": "x"}).status == 404
    assert us.get("/api/snippets/closing").json["snippet"]["content"] == "y"


def test_a_deleted_snippet_is_gone(us: Client) -> None:
    assert us.delete("/api/snippets/signature").json == {"snippetId": 40_001}
    assert us.get("/api/snippets/signature").status == 404
