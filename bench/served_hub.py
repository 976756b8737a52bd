"""A hub in a process of its own, on a port of its own, with a key and accounts."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.load import WebRequest
from bench.processes import free_port, running, wait_for, wait_until_said
from jackfield.client import Hub
from jackfield.connectors.loading.discovery import own_folder

JACKFIELD = (sys.executable, "-m", "jackfield")
API_KEY = "0123456789abcdef0123456789abcdef"
_MOST_AT_ONCE = 640


@dataclass(frozen=True)
class ServedHub:
    """`ready_seconds` is the time from the start of its process to its first answer."""

    url: str
    key: str
    pid: int
    ready_seconds: float

    def link(self, *, owner: str = "bench", api_key: str = API_KEY) -> str:
        """Link an account of Iterable, as a customer's browser does; return its id."""
        with Hub(self.url, self.key) as client:
            session = client.create_connect_session(
                origin_owner_id=owner, origin_owner_name=owner, provider="iterable"
            )
            token = {"x-hub-session-token": session.token}
            offered = client.request("GET", "/hub/connectors", headers=token)
            body = {
                "integration_id": offered["integrations"][0]["integration_id"],
                "credentials": {"api_key": api_key, "region": "us"},
            }
            return client.request("POST", "/hub/accounts", body=body, headers=token)["id"]

    def request(self, path: str, body: object | None = None, *, account: str = "") -> WebRequest:
        """Return a request with this hub's key."""
        headers = {"authorization": f"Bearer {self.key}"}
        return WebRequest(
            self.url + path, body, {**headers, "x-account-id": account} if account else headers
        )


def settings_of(folder: Path, *, database: str | None = None, **more: str) -> dict[str, str]:
    """Return the environment of a hub with its data in `folder`, or in a database."""
    settings = {**os.environ, "JACKFIELD_DATA_DIR": str(folder / "data"), **more}
    # An installed hub is compiled, too.
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    return settings if database is None else {**settings, "JACKFIELD_DATABASE_URL": database}


@contextlib.contextmanager
def serving(
    folder: Path,
    provider: str,
    *,
    workers: int = 1,
    database: str | None = None,
    level: str = "info",
    **more: str,
) -> Iterator[ServedHub]:
    """
    Serve a hub for which `provider` is the address of Iterable.

    Iterable takes 100 calls a second. The hub is given a copy of the connector that says more, so
    that a call passes the same rate limits as anywhere, and does not wait for them.
    """
    environment = settings_of(
        folder,
        database=database,
        JACKFIELD_CONNECTORS=str(_quick_connectors(folder)),
        JACKFIELD_PROVIDER_REWRITE=f"https://api.iterable.com={provider}",
        JACKFIELD_LOG_LEVEL=level,
        **more,
    )
    port = free_port()
    with (folder / "log").open("wb") as log:
        if database is not None:
            migrate = [*JACKFIELD, "migrate"]
            subprocess.run(migrate, env=environment, check=True, stdout=log, stderr=log)
        made = subprocess.check_output(
            [*JACKFIELD, "keys", "create", "--name", "bench", "--json"],
            env=environment,
            stderr=log,
        )
        command = [*JACKFIELD, "serve", "--port", str(port), "--workers", str(workers)]
        started = time.perf_counter()
        with running(command, env=environment, output=log) as process:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/healthz")
            ready = time.perf_counter() - started
            # The first of several workers answers before the others do.
            wait_until_said(folder / "log", "listens on")
            yield ServedHub(url, json.loads(made)["key"], process.pid, ready)


def _quick_connectors(folder: Path) -> Path:
    """Copy Iterable's connector, with all its pools and with rates that nothing reaches."""
    copy = folder / "connectors" / "iterable"
    if not copy.exists():
        shutil.copytree(own_folder() / "iterable", copy)
        main = copy / "iterable.connector.s1.yaml"
        text = main.read_text(encoding="utf-8")
        text, changed = re.subn(r"(mainRatelimit|rateLimit): \d+", r"\1: 1000000", text)
        assert changed > 50, "the connector has no limits to raise"
        # Nothing waits for a place either: more calls are under way than the format's default takes.
        text += f"concurrency: {{ mainMaxConcurrency: {_MOST_AT_ONCE} }}\n"
        main.write_text(text, encoding="utf-8")
    return copy.parent
