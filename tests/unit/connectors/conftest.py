from collections.abc import Callable
from pathlib import Path

import pytest

MAIN = """\
StackOne: 1.0.0
info:
  title: Acme
  key: acme
  version: 1.0.0
  description: Things.
baseUrl: https://api.acme.example
authentication:
  - api_key:
      type: custom
      label: API Key
      authorization:
        type: bearer
        token: $.credentials.api_key
      configFields:
        - key: api_key
          label: API Key
          type: password
          required: true
          secret: true
actions:
  - actionId: list_things
    label: List things
    description: List all things.
    categories: [documents]
    actionType: list
    steps:
      - stepId: fetch
        stepFunction:
          functionName: request
          parameters:
            url: /things
            method: get
    result:
      data: $.steps.fetch.output.data
"""
# The text of the one action, for a partial.
ACTION = "\n".join(line[2:] for line in MAIN[MAIN.index("  - actionId") :].splitlines()) + "\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a connector's main file, and partials by name; return the main file."""

    def write_files(main: str = MAIN, **partials: str) -> Path:
        file = tmp_path / "acme.connector.s1.yaml"
        file.write_text(main, encoding="utf-8")
        for name, content in partials.items():
            partial = tmp_path / f"acme.{name}.s1.partial.yaml"
            partial.write_text(content, encoding="utf-8")
        return file

    return write_files
