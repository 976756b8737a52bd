# pyright: basic, reportMissingImports=false
"""ContextForge with a tool of the upstream: `contextforge_server.py PORT UPSTREAM FOLDER KEY PROFILE`.

Becomes the gateway; another process registers the tool, writes what to ask it to `FOLDER/request.json`.
"""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PORT, UPSTREAM, FOLDER, PROFILE = sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[5]
URL = f"http://127.0.0.1:{PORT}"
BIN = Path(sys.executable).parent
ADMIN = "admin@example.com"
SETTINGS = {
    "DATABASE_URL": f"sqlite:///{FOLDER}/mcp.db",
    "JWT_SECRET_KEY": secrets.token_hex(32),
    "AUTH_ENCRYPTION_SECRET": secrets.token_hex(32),
    "PLATFORM_ADMIN_EMAIL": ADMIN,
    "PLATFORM_ADMIN_PASSWORD": f"A1!{secrets.token_hex(12)}",
    "BASIC_AUTH_PASSWORD": f"A1!{secrets.token_hex(12)}",
    # The upstream is on this machine.
    "SSRF_ALLOW_LOCALHOST": "true",
    # It would refuse the load after a hundred calls.
    "RATE_LIMITING_ENABLED": "false",
    "TOOL_RATE_LIMIT": "1000000000",
}
LEAN = (
    "PLUGINS_ENABLED",
    "OBSERVABILITY_ENABLED",
    "OBSERVABILITY_METRICS_ENABLED",
    "OBSERVABILITY_EVENTS_ENABLED",
    "AUDIT_TRAIL_ENABLED",
    "PERMISSION_AUDIT_ENABLED",
    "SECURITY_LOGGING_ENABLED",
    "STRUCTURED_LOGGING_ENABLED",
    "STRUCTURED_LOGGING_DATABASE_ENABLED",
    "PERFORMANCE_TRACKING_ENABLED",
    "TOKEN_USAGE_LOGGING_ENABLED",
    "METRICS_AGGREGATION_ENABLED",
    "DB_METRICS_RECORDING_ENABLED",
    "METRICS_CLEANUP_ENABLED",
    "METRICS_ROLLUP_ENABLED",
    "MCPGATEWAY_UI_ENABLED",
    "MCPGATEWAY_ADMIN_API_ENABLED",
    "MCPGATEWAY_A2A_ENABLED",
    "MCPGATEWAY_CATALOG_ENABLED",
    "LLMCHAT_ENABLED",
    "COMPRESSION_ENABLED",
    "CORRELATION_ID_ENABLED",
    "CONTENT_PATTERN_DETECTION_ENABLED",
)
TOOL = {
    "name": "iterable_list_channels",
    "url": f"{UPSTREAM}/api/channels",
    "integration_type": "REST",
    "request_type": "GET",
    "description": "List channels",
    "headers": {"Api-Key": "0123456789abcdef0123456789abcdef"},
    "input_schema": {"type": "object", "properties": {}},
}


def post(path: str, token: str, body: object) -> dict:
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
    }
    asked = urllib.request.Request(URL + path, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(asked, timeout=30) as response:
        return json.loads(response.read())


def register() -> None:
    module = [sys.executable, "-m", "mcpgateway.utils.create_jwt_token"]
    options = ["-u", ADMIN, "-e", "600", "--admin", "-s", SETTINGS["JWT_SECRET_KEY"]]
    made = subprocess.run([*module, *options], capture_output=True, text=True, check=True)
    token = made.stdout.strip().splitlines()[-1]
    deadline = time.monotonic() + 300
    while True:
        try:
            tool = post("/tools", token, {"tool": TOOL})
            break
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    found = {
        "url": f"{URL}/mcp",
        "tool": tool["name"],
        "headers": {"authorization": f"Bearer {token}"},
    }
    part = FOLDER / "request.part"
    part.write_text(json.dumps(found))
    part.rename(FOLDER / "request.json")


os.environ.update(SETTINGS)
if PROFILE.endswith("lean"):
    os.environ.update(dict.fromkeys(LEAN, "false"), LOG_LEVEL="CRITICAL")
# Settings come from a file in this folder, too.
os.chdir(FOLDER)
if os.fork() == 0:
    # Twice, so that the gateway has no child that it does not know.
    if os.fork() == 0:
        register()
    os._exit(0)
os.wait()
os.execv(BIN / "mcpgateway", [str(BIN / "mcpgateway"), "--port", PORT])
