"""Tables of commands, as scripts search them."""

import pytest

from jackfield.cli.output import print_table


def test_a_line_is_whole_off_a_terminal_however_long_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = " ".join(["a folder with a long name"] * 40)

    print_table(("check", "found"), [("keyring", f"{long} opens the vault")], empty="none")

    assert f"{long} opens the vault" in capsys.readouterr().out
