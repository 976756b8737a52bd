"""The committed reference of a connector says what the connector does today."""

from tools.reference import ITERABLE, iterable_page


def test_the_page_about_iterable_is_up_to_date() -> None:
    assert ITERABLE.read_text(encoding="utf-8") == iterable_page(), "run: make docs"


def test_the_page_about_iterable_holds_its_guide() -> None:
    assert "### Generate an Iterable Server-Side API Key" in iterable_page()
