"""How many functions a call takes is counted, which no machine and no other program changes."""

import json
import subprocess
import sys
from typing import Final

import pytest

# As it is, with a little room. The budget of an action call is 180 of each.
MOST: Final = {"action": (264, 282), "proxy": (293, 395), "tool": (381, 468)}


@pytest.fixture(scope="module")
def counted() -> dict[str, dict[str, int]]:
    # A process of its own: its log is written as a server's is.
    said = subprocess.run(
        [sys.executable, "-m", "bench.calls", "--json"], check=True, capture_output=True, text=True
    )
    return json.loads(said.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("surface", MOST)
def test_a_call_takes_no_more_functions_than_it_did(
    counted: dict[str, dict[str, int]], surface: str
) -> None:
    python, c = MOST[surface]

    assert counted[surface]["python"] <= python
    assert counted[surface]["c"] <= c
