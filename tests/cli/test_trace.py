"""What a command shows of a provider and its customers: each step, no secret, and nothing a terminal obeys."""

import json
from pathlib import Path

import pytest

from tests.api.test_echoes import ACME, SECRET, TOKEN, Provider
from tests.cli.conftest import Command, Said
from tests.support.scripted import Answer, reply, scripted
from tests.support.secret_forms import is_told

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def visit(jackfield: Command, folder: Path, answer: Answer) -> Said:
    """Run the connector's action with a trace, at a provider that answers it so."""
    connector, credentials = folder / "acme.connector.s1.yaml", folder / "credentials.json"
    credentials.write_text(json.dumps({"key": SECRET}), encoding="utf-8")
    async with scripted(Provider(answer).answer) as server:
        connector.write_text(ACME.format(url=server.url), encoding="utf-8")
        return await jackfield(
            "connectors", "run", str(connector), "visit", "--credentials", str(credentials),
            "--trace", ALLOW_PRIVATE_NETWORKS="1",
        )  # fmt: skip


async def test_a_trace_shows_no_token_that_a_step_got(jackfield: Command, tmp_path: Path) -> None:
    echo = json.dumps({"echo": f"{TOKEN} and {SECRET}"})
    ran = await visit(jackfield, tmp_path, reply(echo))

    assert ran.status == 0, ran.err
    assert "step ask: done" in ran.err
    assert "[redacted]" in ran.out
    assert {name: is_told(name, ran.out + ran.err) for name in (SECRET, TOKEN)} == {
        SECRET: [],
        TOKEN: [],
    }


HOSTILE = "\x1b]0;owned\x07 \x1b[2J \x9b31m \u202egnp.exe \u2066x\u2069 \x7f a\rb\u2028c"
ACTS = set("\x1b\x07\x9b\u202e\u2066\u2069\x7f\r\u2028")


async def test_words_of_a_provider_do_nothing_to_a_terminal(
    jackfield: Command, tmp_path: Path
) -> None:
    refusal = reply(HOSTILE, status=400, headers={"content-type": "text/plain"})
    ran = await visit(jackfield, tmp_path, refusal)

    assert ran.status == 3, ran.err
    assert "\\x1b]0;owned" in ran.err
    assert ACTS & set(ran.out + ran.err) == set()


@pytest.mark.parametrize("command", [["accounts", "list"], ["accounts", "list", "--json"]])
async def test_names_that_customers_chose_do_nothing_to_a_terminal(
    jackfield: Command, command: list[str]
) -> None:
    account = {
        "id": "acc_1", "provider": "iterable", "provider_name": "Iterable", "status": "active",
        "type": "production", "origin_owner_id": "acme", "origin_owner_name": f"{HOSTILE}\nacc_2",
        "created_at": "2026-03-01T09:30:00Z", "updated_at": "2026-03-01T09:30:00Z",
    }  # fmt: skip
    async with scripted(reply(json.dumps([account]))) as server:
        listed = await jackfield(*command, URL=server.url, API_KEY="jf_sk_x")
    async with scripted(
        reply(json.dumps({"statusCode": 400, "message": HOSTILE, "code": "x"}), status=400)
    ) as server:
        refused = await jackfield(*command, URL=server.url, API_KEY="jf_sk_x")

    assert (listed.status, refused.status) == (0, 1), listed.err
    for said in (listed.out, refused.err):
        assert "owned" in said
        assert ACTS & set(said) == set()
    assert len(listed.out.splitlines()) == (2 if len(command) == 2 else 1)
