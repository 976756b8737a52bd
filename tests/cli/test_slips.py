"""A slip of the user's is a line and an exit status, and no bug; a check makes nothing."""

import asyncio
import os
import shlex
import sys
from pathlib import Path

import pytest

from jackfield.client import AsyncHub, ClientError, Hub
from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command, Said
from tests.clients.conftest import link
from tests.support.running import US
from tests.support.scripted import reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

HTTP = (
    "accounts list",
    "accounts show x",
    "accounts check x",
    "accounts delete x --yes",
    "connect iterable --owner-id x",
    "actions list",
    "actions search x",
    "actions show x",
    "run x --account y a=b",
    "run x --account y a=1",
    "run x --account y --stream",
)
LOCAL = ("doctor", "doctor --sign-in-link", "keys list", "keys revoke x", "migrate", "worker")


def is_one_line(said: Said, *words: str) -> bool:
    (line, *more) = [line for line in said.err.splitlines() if not line.startswith("  ")]
    return not more and line.startswith("error: ") and all(word in line for word in words)


def content_of(folder: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


async def in_a_shell(line: str, **environment: str) -> Said:
    """Run a line of a shell in which `jackfield` is the command."""
    variables = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - what a shell would pass on
        if not name.startswith("JACKFIELD_")
    }
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", line.replace("jackfield", f"{shlex.quote(sys.executable)} -m jackfield")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**variables, **environment},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Said(process.returncode, out.decode(), err.decode())


@pytest.mark.parametrize("command", LOCAL)
async def test_a_check_where_no_hub_is_says_so_and_makes_nothing(
    jackfield: Command, tmp_path: Path, command: str
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()

    relative = os.path.relpath(folder / "data")  # noqa: ASYNC240 - asks nothing of the disk
    said = await jackfield(*command.split(), DATA_DIR=relative)

    assert said.status == 1
    assert is_one_line(said, f"there is no hub in '{folder / 'data'}'", "[no_installation]")
    assert os.listdir(folder) == []  # noqa: PTH208 - a coroutine


async def test_a_key_in_a_new_folder_says_that_a_hub_is_made(
    jackfield: Command, tmp_path: Path
) -> None:
    first = await jackfield("keys", "create", "--name", "x", DATA_DIR=str(tmp_path / "new"))
    second = await jackfield("keys", "create", "--name", "y", DATA_DIR=str(tmp_path / "new"))
    listed = await jackfield("keys", "list", "--json", DATA_DIR=str(tmp_path / "new"))

    assert "a new one is made" in first.err
    assert str(tmp_path / "new") in first.err
    assert "a new one is made" not in second.err
    assert len(listed.json["data"]) == 2


async def test_doctor_changes_nothing_in_an_installation(
    jackfield: Command, data_dir: Path
) -> None:
    await jackfield("keys", "create", "--name", "x")
    before = content_of(data_dir)

    said = await jackfield("doctor")

    assert said.status == 0, said.err
    assert content_of(data_dir) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--from=sqlite", "give both"),
        ("--from=sqlite --to=sqlite", "the same database"),
        ("--from=sqlite --to=mysql://x:secret@y", "expected sqlite"),
        ("--from=sqlite --to=postgresql", "JACKFIELD_DATABASE_URL"),
        ("--from=postgresql://x:secret@y/z --to=sqlite --dry-run", "cannot connect"),
        ("--dry-run", "for a move"),
    ],
)
async def test_a_move_between_databases_that_makes_no_sense_is_a_line(
    jackfield: Command, words: str, said: str
) -> None:
    refused = await jackfield("migrate", *words.split())

    assert refused.status == (1 if said == "cannot connect" else 2)
    assert is_one_line(refused, said)
    assert "secret" not in refused.err


SETTINGS = (
    "URL=127.0.0.1:18200",
    "URL=http://[::1",
    "URL=http://127.0.0.1:99999",
    "URL=http://user:pw@127.0.0.1",
    "URL=http://127.0.0.1/?a=b",
    "PUBLIC_URL=nonsense",
    "PUBLIC_URL=https://h/jack field",
    "PUBLIC_URL=https://h/x#y",
    "RATE_LIMIT=abc",
    "DATA_DIR=~nobody-of-that-name/x",
    "CONNECTORS=" + "x" * 5000,
    "LOG_LEVEL=loud",
)
READERS = (*HTTP[:1], *HTTP[-3:], "mcp --account x", "serve --port 0", "keys list")


@pytest.mark.parametrize(
    ("setting", "command"),
    # Each setting by one command, and two of them by every command.
    [(each, READERS[place % len(READERS)]) for place, each in enumerate(SETTINGS)]
    + [(each, command) for each in (SETTINGS[0], SETTINGS[5]) for command in READERS],
)
async def test_a_setting_that_cannot_be_used_is_named_by_every_command(
    jackfield: Command, setting: str, command: str
) -> None:
    name, _, value = setting.partition("=")

    said = await jackfield(*command.split(), **{"API_KEY": "k", name: value})

    assert said.status == 1, said
    assert is_one_line(said, f"JACKFIELD_{name}", "[invalid_setting]"), said


NO_HUBS = {
    "html": reply("<html>hello</html>", headers={"content-type": "text/html"}),
    "null": reply("null"),
    "list": reply("[1]"),
    "foreign": reply('{"data": 1}', status=404),
    "faults": reply('{"faults": [1]}', status=422),
    "shape": reply('[{"id": 1}]'),
    "malformed": reply("{bad"),
    "nothing": reply("", status=204, headers={"content-length": "0"}),
    "redirect": reply("", status=301, headers={"location": "https://elsewhere.example/"}),
}


@pytest.mark.parametrize(
    ("answer", "commands"),
    # Each answer to some commands, and two of them to every command.
    [(each, HTTP if each in ("null", "faults") else HTTP[::4]) for each in NO_HUBS],
)
async def test_what_is_no_hub_is_called_so_by_every_command(
    jackfield: Command, answer: str, commands: tuple[str, ...]
) -> None:
    async with scripted(NO_HUBS[answer]) as other:
        for command in commands:
            said = await jackfield(*command.split(), URL=other.url, API_KEY="k")

            assert said.status == 1, (command, said)
            assert said.out == ""
            assert is_one_line(said), (command, said)


@pytest.mark.parametrize("port", ["99999", "-1", "many"])
async def test_a_port_that_is_none_is_a_slip_of_usage(jackfield: Command, port: str) -> None:
    for command in ("serve", "demo"):
        said = await jackfield(command, "--port", port)

        assert (said.status, "--port" in said.err) == (2, True)


async def test_a_host_that_is_not_known_is_named(jackfield: Command) -> None:
    said = await jackfield("serve", "--port", "0", "--host", "nowhere.invalid")

    assert said.status == 1
    assert is_one_line(said, "nowhere.invalid")


@pytest.mark.parametrize("command", ["connectors list", "connectors schema", "--help", "keys list"])
@pytest.mark.parametrize(
    ("end", "reason"), [("> /dev/full", "No space left"), (">&-", "not writable")]
)
async def test_output_that_cannot_be_written_is_no_bug(
    data_dir: Path, jackfield: Command, command: str, end: str, reason: str
) -> None:
    if command == "keys list":
        await jackfield("keys", "create", "--name", "x")

    said = await in_a_shell(f"jackfield {command} {end}", JACKFIELD_DATA_DIR=str(data_dir))

    assert said.status == 1
    assert is_one_line(said, reason), said


ELSEWHERE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    "environment", [ELSEWHERE, {"PYTHONIOENCODING": "ascii"}], ids=["locale", "output"]
)
async def test_letters_that_the_terminal_lacks_stop_nothing(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox, environment: dict[str, str]
) -> None:
    async with AsyncHub(served["URL"], served["API_KEY"]) as client:
        account = await link(client, sandbox.us.api_keys["server_side"])
        await client.update_account(account, origin_owner_name="Zoë 🎉 [/bold]")

    table = await jackfield("accounts", "list", environment=environment, **served)
    shown = await jackfield("accounts", "show", account, environment=environment, **served)
    plain = await jackfield("accounts", "list", "--json", environment=environment, **served)
    named = await jackfield(
        "accounts", "list", "--owner-id", "Zoë 🎉", environment=environment, **served
    )

    assert (table.status, shown.status, named.status) == (0, 0, 0), (table, shown, named)
    assert "[/bold]" in table.out
    assert plain.json[0]["origin_owner_name"] == "Zoë 🎉 [/bold]"


async def test_an_input_file_that_cannot_be_read_is_a_slip_of_usage(
    jackfield: Command, served: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "latin").write_bytes('{"a": "é"}'.encode("latin-1"))
    (tmp_path / "deep").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "list").write_text("[]", encoding="utf-8")

    for name in ("latin", "deep", "list", "missing", "."):
        said = await jackfield(
            "run", "x", "--account", "y", "--input", str(tmp_path / name), **served
        )
        assert said.status == 2, (name, said)
        assert "Traceback" not in said.err


async def test_a_byte_order_mark_before_inputs_is_passed_over(
    jackfield: Command, served: dict[str, str], tmp_path: Path
) -> None:
    content = '\ufeff{"name": "x"}'.encode()
    (tmp_path / "inputs.json").write_bytes(content)

    for file, stdin in ((str(tmp_path / "inputs.json"), b""), ("-", content)):
        said = await jackfield(
            "run", "x", "--account", "acc_0", "--input", file, stdin=stdin, **served
        )
        assert (said.status, "JSON" in said.err) == (1, False), said.err


async def test_credentials_with_a_byte_order_mark_are_read(
    jackfield: Command, tmp_path: Path, sandbox: Sandbox
) -> None:
    file = tmp_path / "credentials.json"
    file.write_bytes(
        '\ufeff{"api_key": "0123456789abcdef0123456789abcdef", "region": "us"}'.encode()
    )

    said = await jackfield(
        *("connectors", "run", "connectors/iterable", "list_channels", "--dry-run"),
        *("--credentials", str(file), "--input", str(_empty(tmp_path))),
        PROVIDER_REWRITE=f"{US}={sandbox.us.url}",
    )

    assert said.status == 0, said.err


def _empty(folder: Path) -> Path:
    (folder / "inputs.json").write_bytes(b"\xef\xbb\xbf{}")
    return folder / "inputs.json"


async def test_a_header_that_cannot_be_sent_is_named(
    jackfield: Command, served: dict[str, str]
) -> None:
    for account in ("ü", "a\nb"):
        said = await jackfield("run", "x", "--account", account, **served)

        assert said.status == 1
        assert is_one_line(said, "x-account-id")


async def test_a_state_that_no_account_has_is_a_slip_of_usage(
    jackfield: Command, served: dict[str, str]
) -> None:
    bogus = await jackfield("accounts", "list", "--status", "bogus", **served)
    fine = await jackfield("accounts", "list", "--status", "active", "--status", "error", **served)

    assert (bogus.status, "'active'" in bogus.err) == (2, True)
    assert fine.status == 0


async def test_a_filter_that_nothing_matches_is_not_taken_for_a_hub_without_accounts(
    jackfield: Command, served: dict[str, str]
) -> None:
    filtered = await jackfield("accounts", "list", "--status", "expired", **served)
    later = await jackfield("accounts", "list", "--page", "9", **served)

    assert (
        filtered.err == later.err == "no account matches; see them all: jackfield accounts list\n"
    )


@pytest.mark.parametrize("value", ["NaN", "1e999", "-Infinity"])
async def test_a_number_that_json_lacks_is_refused_and_not_sent_as_null(
    jackfield: Command, value: str
) -> None:
    run = ("run", "x", "--account", "y")
    async with scripted(reply('{"data": null}')) as hub:
        settings = {"URL": hub.url, "API_KEY": "k"}
        nested = await jackfield(*run, f'body={{"n": {value}}}', **settings)
        piped = await jackfield(*run, "--input", "-", stdin=f'{{"n": {value}}}', **settings)
        before = len(hub.seen)
        await jackfield(*run, f"case={value}", **settings)
        async with AsyncHub(hub.url, "k") as client:
            for number in (float(value), [{"n": float(value)}]):
                with pytest.raises(ClientError, match="NaN"):
                    await client.run("x", {"n": number}, account_id="y")
        with Hub(hub.url, "k") as waiting, pytest.raises(ClientError, match="NaN"):
            waiting.run("x", {"n": float(value)}, account_id="y")

    assert (nested.status, piped.status, before) == (2, 2, 0)
    assert f'"case":"{value}"'.encode() in hub.seen[-1].body


async def test_a_customer_named_in_half_a_character_is_refused() -> None:
    async with AsyncHub("http://127.0.0.1:1", "k") as client:
        with pytest.raises(ClientError, match="surrogate"):
            await client.get_account("a\ud83d")
        with pytest.raises(ClientError, match="surrogate"):
            _ = [each async for each in client.accounts(origin_owner_ids=["\ud83d"])]


async def test_doctor_asks_the_hub_that_is_pointed_to(
    jackfield: Command, served: dict[str, str]
) -> None:
    fitting = await jackfield("doctor", "--json", **served)
    keyless = await jackfield("doctor", "--json", URL=served["URL"])
    wrong = await jackfield("doctor", "--json", URL=served["URL"], API_KEY="jf_sk_wrong")
    away = await jackfield("doctor", "--json", URL="http://127.0.0.1:1")
    plain = await jackfield("doctor", "--json", PUBLIC_URL="http://evil.example//127.0.0.1")
    async with scripted(reply("null")) as other:
        foreign = await jackfield("doctor", "--json", URL=other.url)
    damaged = await jackfield("doctor", "--json", DATABASE_URL="postgresql://127.0.0.1:1/x")

    def failed(said: Said) -> list[str]:
        return [each["check"] for each in said.json["data"] if not each["ok"]]

    assert [failed(each) for each in (fitting, keyless)] == [[], []]
    assert [failed(each) for each in (wrong, away, foreign)] == [["hub"]] * 3
    assert (failed(plain), failed(damaged)) == (["public url"], ["database"])
    assert {each.status for each in (wrong, away, foreign, plain, damaged)} == {1}
