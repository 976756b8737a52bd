"""The provider of a bench: nginx with a static answer, and nginx as a plain proxy before it."""

import contextlib
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.processes import free_port, running, wait_for
from tests.support.counted_calls import ANSWER

PATH = "/api/channels"
_CONFIGURATION = """
daemon off; error_log stderr crit; pid {folder}/nginx.pid; worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  upstream provider {{ server 127.0.0.1:{direct}; keepalive 64; }}
  server {{ listen 127.0.0.1:{direct}; location / {{ default_type application/json; return 200 '{answer}'; }} }}
  server {{
    listen 127.0.0.1:{proxy};
    location / {{ proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


@dataclass(frozen=True)
class Upstream:
    """Base URLs: of the provider itself, and of the plain proxy before it."""

    direct: str
    proxy: str


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Upstream]:
    for program in ("nginx", "wrk"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is not installed: apt-get install {program}")
    direct, proxy = free_port(), free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, direct=direct, proxy=proxy, answer=json.dumps(ANSWER))
    )
    with running(["nginx", "-c", str(configuration), "-e", "stderr"]):
        upstream = Upstream(f"http://127.0.0.1:{direct}", f"http://127.0.0.1:{proxy}")
        wait_for(upstream.proxy)
        yield upstream
