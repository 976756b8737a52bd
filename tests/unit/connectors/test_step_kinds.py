"""A further kind of step is one file and one entry of the list."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.connectors import toy_step
from tests.unit.connectors.conftest import MAIN

pytestmark = pytest.mark.slow

# The provider refuses with 418, which the connector takes for a success.
DEFAULTS = "defaults:\n  customErrors:\n    - { receivedStatus: 418, targetStatus: 200 }\n"
COUNTDOWN = (
    MAIN.replace("functionName: request", "functionName: countdown")
    .replace("method: get\n", "method: get\n            from: 1\n")
    .replace("actions:", f"{DEFAULTS}actions:", 1)
)
CASES = """\
- case: pages follow each other until there are none, and defaults hold for all requests
  action: list_things
  credentials: { api_key: secret-1 }
  follow: 1
  provider:
    - { expect: { method: GET, path: /things }, answer: { json: {} } }
    - { expect: { method: GET, path: /things }, answer: { status: 418 } }
  output: [1, 0]
"""


def jackfield(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command, in a process whose list of kinds has one more."""
    return subprocess.run(
        [sys.executable, toy_step.__file__, "connectors", *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_listed_kind_runs_goes_on_by_pages_and_takes_the_connectors_defaults(
    write: Callable[..., Path],
) -> None:
    file = write(COUNTDOWN)
    (file.parent / "cases").mkdir()
    (file.parent / "cases" / "list_things.yaml").write_text(CASES, "utf-8")

    ran = jackfield("cases", file.parent)

    assert ran.returncode == 0, ran.stdout


def test_a_listed_kind_has_its_parameters_checked(write: Callable[..., Path]) -> None:
    assert jackfield("check", write(COUNTDOWN)).returncode == 0

    checked = jackfield("check", write(COUNTDOWN.replace("from: 1", "form: 1")))

    assert checked.returncode == 1
    assert "Did you mean 'from'?" in checked.stdout


def test_a_listed_kind_is_in_the_schema_and_on_the_reference_page() -> None:
    assert "CountdownParameters" in json.loads(jackfield("schema").stdout)["$defs"]
    assert "## CountdownParameters" in jackfield("schema", "--markdown").stdout
