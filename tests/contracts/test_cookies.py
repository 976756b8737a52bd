"""Cookies of every page: out of reach for scripts and for forms of other sites."""

import ast
from collections.abc import Iterator

from tests.support.sources import calls


def cookies() -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Yield where a response is given a cookie, and with what."""
    for path, call in calls("set_cookie"):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "set_cookie":
            given = {each.arg: each.value for each in call.keywords if each.arg}
            yield f"{path}:{call.lineno}", given


def test_every_cookie_is_set_with_what_keeps_it_from_scripts_and_other_sites() -> None:
    found = dict(cookies())

    assert len(found) >= 4
    for place, given in found.items():
        assert isinstance(given["httponly"], ast.Constant), place
        assert given["httponly"].value is True, place
        assert isinstance(given["samesite"], ast.Constant), place
        assert given["samesite"].value in {"lax", "strict"}, place
        # Whether the hub is served by HTTPS is known by its public URL alone.
        assert "secure" in given, place
        assert not isinstance(given["secure"], ast.Constant), place
        assert {"path", "max_age"} <= set(given), place
        assert "domain" not in given, place
