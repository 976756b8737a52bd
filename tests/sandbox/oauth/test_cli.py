"""`jackfield sandbox oauth` as a person or a script starts it."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from jackfield.sandbox.oauth.authority import DEMO, FERNWOOD
from tests.sandbox.test_cli import get
from tests.support.running import PATIENCE

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-c", "from jackfield.cli import main; main()", "sandbox", "oauth"]


@contextmanager
def running(*options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Start the sandbox and yield it with the first line it prints."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def test_its_first_line_tells_scripts_addresses_and_clients() -> None:
    with running("--json") as (process, line):
        shown = json.loads(line)

        for seeded in (FERNWOOD, DEMO):
            assert shown["clients"][seeded.id]["secret"] == seeded.secret
        described = json.loads(get(f"{shown['issuer']}/.well-known/oauth-authorization-server"))
        assert described["token_endpoint"] == shown["token_endpoint"]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, errors) == (0, "")


def test_people_get_a_table() -> None:
    with running() as (process, line):
        assert process.stdout is not None
        shown = line + "".join(process.stdout.readline() for _ in range(5))

    assert "OAuth http://127.0.0.1:" in shown
    assert all(str(each.secret) in shown for each in (FERNWOOD, DEMO))


@pytest.mark.parametrize(("port", "status"), [("taken", 1), ("99999", 2)])
def test_a_port_that_cannot_be_is_told(port: str, status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1]) if port == "taken" else port
        outcome = subprocess.run(
            [*COMMAND, "--port", number], capture_output=True, text=True, timeout=30, check=False
        )

    assert outcome.returncode == status
    assert "cannot be used" in outcome.stderr or status == 2
