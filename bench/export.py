"""What an export of many users costs the hub: its memory before, during and after.

`python bench/export.py [--users 100000]`: an Iterable sandbox and a hub as processes of their own,
and a client that reads the rows and keeps none. All of it on loopback, once.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def memory(process: subprocess.Popen, what: str = "VmRSS") -> float:
    """Return MB that a process holds now, or with `VmHWM` held at most."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def ask(method: str, url: str, body: object = None, **headers: str) -> dict:
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "content-type": "application/json",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        },
    )
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def link(url: str, bearer: str, key: str) -> str:
    session = ask(
        "POST",
        f"{url}/connect_sessions",
        {"origin_owner_id": "acme", "origin_owner_name": "Acme", "provider": "iterable"},
        authorization=bearer,
    )
    shown = {"x_hub_session_token": session["token"]}
    (offered,) = ask("GET", f"{url}/hub/connectors?provider=iterable", **shown)["integrations"]
    body = {
        "integration_id": offered["integration_id"],
        "credentials": {"api_key": key, "region": "us"},
    }
    return ask("POST", f"{url}/hub/accounts", body, **shown)["id"]


def wait_for(url: str) -> None:
    for _ in range(200):
        try:
            ask("GET", url)
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit("the hub did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--users", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seed = Path(folder) / "seed.json"
        seed.write_text(json.dumps({"users": arguments.users}))
        command = [sys.executable, "-m", "jackfield"]
        sandbox = subprocess.Popen(
            [
                *command,
                "sandbox",
                "iterable",
                "--us-port",
                "0",
                "--eu-port",
                "0",
                "--seed",
                seed,
                "--json",
            ],
            stdout=subprocess.PIPE,
        )
        assert sandbox.stdout is not None
        where = json.loads(sandbox.stdout.readline())
        port = free_port()
        settings = {
            **os.environ,
            "JACKFIELD_DATA_DIR": f"{folder}/data",
            "JACKFIELD_PROVIDER_REWRITE": f"https://api.iterable.com={where['us']['url']}",
            "JACKFIELD_LOG_LEVEL": "error",
        }
        key = json.loads(
            subprocess.check_output(
                [*command, "keys", "create", "--name", "x", "--json"], env=settings
            )
        )["key"]
        hub = subprocess.Popen([*command, "serve", "--port", str(port)], env=settings)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(f"{url}/healthz")
            measure(url, f"Bearer {key}", where["us"]["api_keys"]["server_side"], hub)
        finally:
            for process in (hub, sandbox):
                process.terminate()
                process.wait()


def measure(url: str, bearer: str, key: str, hub: subprocess.Popen) -> None:
    account = link(url, bearer, key)
    before = memory(hub)
    order = {
        "action": "iterable_export_data_json",
        "query": {"dataTypeName": "user", "range": "All"},
    }
    request = urllib.request.Request(
        f"{url}/actions/rpc?stream=true",
        data=json.dumps(order).encode(),
        headers={
            "content-type": "application/json",
            "authorization": bearer,
            "x-account-id": account,
        },
    )
    rows = size = 0
    started = time.perf_counter()
    with urllib.request.urlopen(request) as response:
        for line in response:
            rows += 1
            size += len(line)
    seconds = time.perf_counter() - started
    print(f"{rows:,} rows, {size / 1e6:.1f} MB in {seconds:.1f} s")
    print(
        f"the hub's memory: {before:.1f} MB before, at most {memory(hub, 'VmHWM'):.1f}, {memory(hub):.1f} after"
    )


if __name__ == "__main__":
    main()
