"""Tables of commands, as scripts search them."""

import pytest

from jackfield.cli.output import print_table


def test_a_line_is_whole_off_a_terminal_however_long_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = " ".join(["a folder with a long name"] * 40)

    print_table(("check", "found"), [("keyring", f"{long} opens the vault")], empty="none")

    assert f"{long} opens the vault" in capsys.readouterr().out


def test_a_cell_that_is_very_long_makes_no_other_line_longer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [("first", "x" * 1_000_000, None), *(("next", "short", "end") for _ in range(1000))]

    print_table(("name", "label", "note"), rows, empty="none")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1002
    assert max(map(len, [lines[0], *lines[2:]])) < 100
    assert lines[0].index("note") == lines[2].index("end")


def test_a_line_break_in_a_cell_makes_no_other_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [("a\nb\x1b[31m",)], empty="none")

    assert capsys.readouterr().out.splitlines() == ["name", r"a\nb\x1b[31m"]
