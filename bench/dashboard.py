"""How long the dashboard's lists take over HTTP, among many accounts and runs.

`python -m bench.dashboard [--accounts 100000] [--runs 1000000] [--times 40] [--url postgresql://…]`:
fills a hub, in a temporary folder or in an empty PostgreSQL database, serves it with one process,
and prints the p50 and p95 of each page in milliseconds, from the request to the last byte.
"""

import argparse
import asyncio
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2

from bench import accounts, logs
from bench.served_hub import JACKFIELD, ServedHub, serving, settings_of
from jackfield.app import open_hub
from jackfield.client import Hub
from jackfield.projects import service as projects
from jackfield.settings import Settings

_ACCOUNTS, _LOGS = "/dashboard", "/dashboard/logs"
_PAGE_SIZE = 25
_SECONDS = 120.0
# Runs of the bench are of the first days of the year: none may be pruned meanwhile.
_RETENTION_DAYS = 400
_NOWHERE = "http://127.0.0.1:9"


def pages(count: int) -> dict[str, str]:
    """Return the address of each page by what it shows, where there are so many accounts."""
    last = {"page": -(-count // _PAGE_SIZE)}
    return {
        "accounts, first page": _ACCOUNTS,
        "accounts, of a provider": f"{_ACCOUNTS}?provider=provider_7",
        "accounts, that fail": f"{_ACCOUNTS}?status=error",
        "accounts, of a customer": f"{_ACCOUNTS}?owner=owner-7",
        "accounts, of no customer": f"{_ACCOUNTS}?owner=nobody",
        "accounts, last page": f"{_ACCOUNTS}?{urlencode(last)}",
        "logs, first page": _LOGS,
        "logs, that failed": f"{_LOGS}?q=status:failed",
        "logs, of an account": f"{_LOGS}?q=account:acc_7",
        "logs, of a connector": f"{_LOGS}?q=connector:provider_7",
        "logs, of a customer that failed": f"{_LOGS}?q=customer:owner-7+status:failed",
        "logs, of no action": f"{_LOGS}?q=action:*nothing*",
        "home": "/dashboard/home",
    }


async def fill(folder: Path, url: str | None, accounts_wanted: int, runs: int) -> None:
    settings = Settings(data_dir=folder / "data", database_url=url)
    async with open_hub(settings, public_url="http://localhost") as hub:
        project = await projects.ensure_project(hub, accounts.ACTOR)
        await accounts.fill(hub.db, project.id, accounts_wanted)
        await logs.fill(hub.db, project.id, runs)


def signed_in(hub: ServedHub, folder: Path, url: str | None) -> httpx2.Client:
    """Return a browser without scripts that is signed in."""
    environment = settings_of(folder, database=url, JACKFIELD_URL=hub.url)
    command = [*JACKFIELD, "doctor", "--sign-in-link"]
    link = subprocess.check_output(command, env=environment, text=True).strip()
    token = parse_qs(urlsplit(link).query)["token"][0]
    client = httpx2.Client(base_url=hub.url, timeout=_SECONDS, headers={"origin": hub.url})
    answer = client.post("/dashboard/sign-in", data={"token": token})
    assert answer.status_code == httpx2.codes.SEE_OTHER, answer.text
    return client


def measure(client: httpx2.Client, title: str, address: str, times: int) -> tuple[float, float]:
    row = {"accounts": "/dashboard/accounts/acc_", "logs": "/dashboard/logs/run_"}
    shown = "" if ", of no " in title else row.get(title.partition(",")[0], "")

    def load() -> None:
        answer = client.get(address)
        assert answer.status_code == httpx2.codes.OK, answer.text
        assert shown in answer.text, f"{title}: nothing is shown"

    return timed(load, times)


def measure_live(client: httpx2.Client, times: int) -> tuple[float, float]:
    """Measure how long a live list takes until it follows."""

    def follow() -> None:
        with client.stream("GET", f"{_LOGS}/live") as answer:
            assert answer.status_code == httpx2.codes.OK

    return timed(follow, times)


def timed(do: Callable[[], None], times: int) -> tuple[float, float]:
    """Return the p50 and the p95 in milliseconds; the first time does not count."""
    do()
    took: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        do()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took), statistics.quantiles(took, n=20)[-1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=100_000)
    options.add_argument("--runs", type=int, default=1_000_000)
    options.add_argument("--times", type=int, default=40)
    options.add_argument("--url", help="an empty PostgreSQL database")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving(folder, _NOWHERE, database=chosen.url) as hub, Hub(hub.url, hub.key) as api:
            body = {"retention_days": _RETENTION_DAYS}
            api.request("PATCH", "/jackfield/project", body=body)
        asyncio.run(fill(folder, chosen.url, chosen.accounts, chosen.runs))
        with (
            serving(folder, _NOWHERE, database=chosen.url) as hub,
            closing(signed_in(hub, folder, chosen.url)) as client,
        ):
            print(f"{'page':34}{'p50 ms':>10}{'p95 ms':>10}")
            for title, address in pages(chosen.accounts).items():
                middle, most = measure(client, title, address, chosen.times)
                print(f"{title:34}{middle:10.1f}{most:10.1f}", flush=True)
            middle, most = measure_live(client, chosen.times)
            print(f"{'logs, live':34}{middle:10.1f}{most:10.1f}")


if __name__ == "__main__":
    main()
