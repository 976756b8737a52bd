"""`jackfield sandbox iterable` as a person or a script starts it."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jackfield.sandbox.iterable.access.keys import make_keys
from jackfield.sandbox.iterable.regions import Region
from tests.support.running import PATIENCE

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-c", "from jackfield.cli import main; main()", "sandbox", "iterable"]
ROOT = Path(__file__).parents[2]
ANY = ["--us-port", "0", "--eu-port", "0"]


@contextmanager
def running(
    *options: str, command: Sequence[str] = COMMAND
) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Start the sandbox and yield it with the first line it prints."""
    process = subprocess.Popen(
        [*command, *ANY, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=30, check=False
    )


def get(url: str, headers: dict[str, str] | None = None) -> bytes:
    place = urlsplit(url)
    connection = HTTPConnection(place.netloc, timeout=5)
    connection.request("GET", place.path, headers=headers or {})
    body = connection.getresponse().read()
    connection.close()
    return body


def test_its_first_line_tells_scripts_addresses_and_keys() -> None:
    with running("--json") as (_, line):
        shown = json.loads(line)

        assert list(shown) == ["us", "eu"]
        for region in Region:
            keys = {name: key.value for name, key in make_keys(region).items()}
            assert shown[region]["api_keys"] == keys
        us = shown["us"]
        channels = get(f"{us['url']}/api/channels", {"Api-Key": us["api_keys"]["server_side"]})
        assert len(json.loads(channels)["channels"]) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_within_a_second(number: signal.Signals, tmp_path: Path) -> None:
    measured = tmp_path / "measured.json"
    watched = [sys.executable, "-m", "tests.sandbox.stopping", str(measured), *COMMAND[3:]]
    with running("--json", command=watched) as (process, line):
        get(f"{json.loads(line)['us']['url']}/")

        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)

    assert (process.returncode, errors) == (0, "")
    # What it does and waits for; what others on the machine take is no fault of the sandbox's.
    assert sum(json.loads(measured.read_text(encoding="utf-8")).values()) < 1


def test_a_port_in_use_is_one_clear_line_and_status_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        outcome = run("--us-port", port, "--eu-port", "0")

    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"error: port {port} of 127.0.0.1 cannot be used: Address already in use\n"
    )


def test_people_get_a_table() -> None:
    with running() as (process, line):
        assert process.stdout is not None
        shown = line
        while not shown.splitlines()[-1].startswith("Open an address"):
            shown += process.stdout.readline()

    assert make_keys(Region.US)["server_side"].value in shown
    us, eu = re.findall(r"^(?:US|EU) (http://127\.0\.0\.1:\d+)$", shown, re.MULTILINE)
    # What a hub is started with to reach it.
    rewrite = f"https://api.iterable.com={us},https://api.eu.iterable.com={eu}"
    assert f"\nexport JACKFIELD_PROVIDER_REWRITE={rewrite}\n" in shown


@pytest.mark.slow
def test_it_starts_from_a_seed_file(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"users": 7}', encoding="utf-8")

    with running("--json", "--seed", str(seed), "--latency", "1") as (_, line):
        overview = json.loads(get(f"{json.loads(line)['eu']['url']}/__sandbox__/"))

    assert overview["contents"]["users"] == 7
    assert overview["settings"]["latency"] == 0.001


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is not a seed"),
        ('{"people": 5}', "is not a seed: Object contains unknown field `people`"),
        ('{"profiles": [{"email": "broken@"}]}', "the seed cannot be planted: Invalid email"),
    ],
)
def test_a_seed_file_that_is_none_is_one_clear_line_and_status_one(
    tmp_path: Path, text: str, complaint: str
) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(text, encoding="utf-8")

    outcome = run(*ANY, "--seed", str(seed))

    assert outcome.returncode == 1
    assert complaint in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize("options", [["--us-port", "99999"], ["--latency", "-1"], ["--seed", "no"]])
def test_options_that_cannot_be_are_a_matter_of_usage(options: Sequence[str]) -> None:
    assert run(*options).returncode == 2
