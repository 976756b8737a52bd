"""The documentation for models has a bound, and says what it leaves out."""

import pytest

from jackfield.ui.docs import llms
from jackfield.ui.docs.addresses import Served

HUB = Served("https://hub.example.com")


def test_what_is_too_long_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llms, "MOST_CHARACTERS", 20_000)

    text = llms.full_text(HUB, ())

    kept, _, left_out = text.partition("Left out, since they are too long:")
    assert len(kept) <= 21_000
    assert "# Your first hour" in kept
    assert "https://hub.example.com/docs/authoring/reference.md" in left_out
    assert "<!-- https://hub.example.com/docs/authoring/reference.md -->" not in kept


def test_the_whole_manual_fits() -> None:
    assert "Left out" not in llms.full_text(HUB, ())


def test_a_folder_of_files_names_no_endpoints_of_a_hub() -> None:
    assert "MCP endpoint" not in llms.listing(HUB, ())
    assert "https://hub.test/mcp" in llms.listing(HUB, (), public_url="https://hub.test")
