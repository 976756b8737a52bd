"""The control API of a sandbox, and its command."""

import json
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from joserfc.jwk import RSAKey

from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.sandbox.connector.server import serve

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from jackfield.cli import main; main()", "sandbox", "connector"]
NOTION = own_folder() / "notion" / "notion.connector.s1.yaml"


@pytest.mark.anyio
async def test_faults_settings_requests_and_a_reset() -> None:
    async with (
        serve(load(NOTION)) as sandbox,
        httpx2.AsyncClient(base_url=sandbox.url) as api,
    ):
        token = sandbox.login("internal_token").credentials["token"]
        asked = {"authorization": f"Bearer {token}", "notion-version": "2026-03-11"}
        unknown = await api.post("/__sandbox__/faults", json={"kind": "error", "error": "nope"})
        await api.post("/__sandbox__/faults", json={"status": 503, "action": "list_users"})
        broken = await api.get("/v1/users", headers=asked)
        mended = await api.get("/v1/users", headers=asked)
        log = (await api.get("/__sandbox__/requests?action=list_users")).json()
        changed = await api.patch("/__sandbox__/settings", json={"scopes": []})
        actions = (await api.get("/__sandbox__/actions")).json()["actions"]
        await api.post("/__sandbox__/reset")
        described = (await api.get("/__sandbox__/")).json()
        settings = (await api.get("/__sandbox__/settings")).json()
        other_site = await api.get("/__sandbox__/", headers={"origin": "https://evil.example"})

    assert unknown.status_code == 422
    assert "key_revoked" in unknown.json()["error"]
    assert (broken.status_code, mended.status_code) == (503, 200)
    assert [each["status"] for each in log["requests"]] == [200, 503]
    assert changed.json() == {"rate_limits": True, "scopes": []}
    assert actions["notion_get_user"]["user_id"]
    assert described["provider_rewrite"] == f"https://api.notion.com={sandbox.url}"
    assert settings == {"rate_limits": True, "scopes": None}
    assert other_site.status_code == 403


@pytest.mark.slow
def test_its_command_tells_scripts_where_it_is_and_what_to_fill_in() -> None:
    process = subprocess.Popen(
        [*COMMAND, "notion", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        described = json.loads(process.stdout.readline())
    finally:
        process.terminate()
        status = process.wait()
        process.stdout.close()

    assert status == 0
    assert described["connector"] == "notion"
    assert described["auth_methods"]["internal_token"]["credentials"] == {
        "token": "ntn_0123456789abcdef"
    }


@pytest.mark.slow
def test_its_command_prints_keys_and_key_files_as_they_are_to_be_pasted() -> None:
    process = subprocess.Popen(
        [*COMMAND, "google_workspace", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    try:
        lines = list(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()

    file = json.loads(lines[lines.index("key_file:\n") + 1])
    assert file["type"] == "service_account"
    assert RSAKey.import_key(file["private_key"]).is_private
    assert any(line.startswith("export JACKFIELD_PROVIDER_REWRITE=") for line in lines)


@pytest.mark.slow
def test_an_unknown_connector_is_one_clear_line_and_status_one() -> None:
    outcome = subprocess.run(
        [*COMMAND, "notoin"], capture_output=True, text=True, check=False, cwd=ROOT
    )

    assert outcome.returncode == 1
    assert "Did you mean 'notion'" in outcome.stderr
