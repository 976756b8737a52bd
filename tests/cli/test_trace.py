"""`jackfield connectors run --trace` shows each step, and no secret."""

import json
from pathlib import Path

import pytest

from tests.api.test_echoes import ACME, SECRET, TOKEN, Provider
from tests.cli.conftest import Command
from tests.support.scripted import reply, scripted
from tests.support.secret_forms import is_told

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_trace_shows_no_token_that_a_step_got(jackfield: Command, tmp_path: Path) -> None:
    connector, credentials = tmp_path / "acme.connector.s1.yaml", tmp_path / "credentials.json"
    credentials.write_text(json.dumps({"key": SECRET}), encoding="utf-8")
    echo = json.dumps({"echo": f"{TOKEN} and {SECRET}"})
    async with scripted(Provider(reply(echo)).answer) as server:
        connector.write_text(ACME.format(url=server.url), encoding="utf-8")
        ran = await jackfield(
            "connectors", "run", str(connector), "visit", "--credentials", str(credentials),
            "--trace", ALLOW_PRIVATE_NETWORKS="1",
        )  # fmt: skip

    assert ran.status == 0, ran.err
    assert "step ask: done" in ran.err
    assert "[redacted]" in ran.out
    assert {name: is_told(name, ran.out + ran.err) for name in (SECRET, TOKEN)} == {
        SECRET: [],
        TOKEN: [],
    }
