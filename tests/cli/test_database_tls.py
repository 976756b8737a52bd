"""A PostgreSQL over TLS: whom the hub trusts, whom the server trusts, and what is said if not."""

import asyncio
import secrets
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from tests.cli.conftest import Command
from tests.support import postgres
from tests.support.certificates import Authority, Pair
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.database]

COMMANDS: Final = (("serve", "--port", "0"), ("worker",), ("migrate",))
_PASSWORD: Final = "hunter2-" + secrets.token_hex(4)
# The driver does not wait until a connection that it closes is, and the process ends before.
_WARNINGS: Final = {"PYTHONWARNINGS": "error,ignore::ResourceWarning"}
# The operator comes without TLS, which the server's own tests use, too.
_RULES: Final = """
hostnossl all jackfield 127.0.0.1/32 trust
hostssl all plain 127.0.0.1/32 scram-sha-256
hostssl all certified 127.0.0.1/32 scram-sha-256 clientcert=verify-full
"""
_ROLES: Final = f"""
set password_encryption = 'scram-sha-256';
create role plain login superuser password '{_PASSWORD}';
create role certified login superuser password '{_PASSWORD}';
alter system set ssl = on;
alter system set ssl_ca_file = 'root.pem';
alter system set ssl_cert_file = 'server.pem';
alter system set ssl_key_file = 'server.key';
"""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server with a certificate of an authority, which asks some clients for one."""

    server: postgres.Server
    authority: Authority
    stranger: Authority
    folder: Path

    async def show(self, own: Pair) -> None:
        """Let the server use a certificate from now on."""
        data = self.server.folder / "data"
        for name, text in (("server.pem", own.certificate), ("server.key", own.key)):
            (data / name).write_text(text, encoding="utf-8")
        owner = data.stat()
        for name in ("server.pem", "server.key", "root.pem"):
            (data / name).chmod(0o600)
            shutil.chown(data / name, owner.st_uid, owner.st_gid)
        await self.ask("select pg_reload_conf()")

    async def ask(self, sql: str) -> None:
        connection = await asyncpg.connect(f"{self.server.url}/postgres", ssl=False)
        await connection.execute(sql)
        await connection.close()

    def url(
        self,
        *,
        root: str = "root",
        user: str = "plain",
        password: str = _PASSWORD,
        client: str | None = None,
    ) -> str:
        address = f"{user}:{password}@127.0.0.1:{self.server.port}/jackfield_template"
        files = f"sslrootcert={self.folder}/{root}.pem"
        if client is not None:
            files += f"&sslcert={self.folder}/{client}.pem&sslkey={self.folder}/{client}.key"
        return f"postgresql://{address}?sslmode=verify-full&{files}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Generator[Guarded]:
    folder = tmp_path_factory.mktemp("certificates")
    with postgres.stoppable() as server:
        found = Guarded(server, Authority(), Authority(), folder)
        data = server.folder / "data"
        (data / "root.pem").write_text(found.authority.root, encoding="utf-8")
        (data / "pg_hba.conf").write_text(_RULES, encoding="utf-8")
        clients = {
            "certified": found.authority.issue("certified"),
            "other": found.authority.issue("other"),
            "unknown": found.stranger.issue("certified"),
        }
        for name, pair in clients.items():
            (folder / f"{name}.pem").write_text(pair.certificate, encoding="utf-8")
            (folder / f"{name}.key").write_text(pair.key, encoding="utf-8")
        (folder / "root.pem").write_text(found.authority.root, encoding="utf-8")
        (folder / "stranger.pem").write_text(found.stranger.root, encoding="utf-8")
        for statement in _ROLES.strip().split("\n"):
            asyncio.run(found.ask(statement))
        yield found


@pytest.fixture
async def own(guarded: Guarded) -> Guarded:
    """Return a server whose certificate is as it should be."""
    await guarded.show(guarded.authority.issue("Server"))
    return guarded


async def refused(jackfield: Command, url: str, words: tuple[str, ...]) -> str:
    """Return what a command says that cannot connect, and would wait for long if that helped."""
    async with asyncio.timeout(PATIENCE):
        said = await jackfield(
            *words, environment=_WARNINGS, DATABASE_URL=url, DATABASE_WAIT="9999"
        )
    assert said.status == 1
    assert _PASSWORD not in said.out + said.err
    assert "database_awaited" not in said.err
    lines = [each for each in said.err.splitlines() if "provider_rewritten" not in each]
    assert len(lines) == 1, said.err
    return lines[0]


@pytest.mark.parametrize("user", ["plain", "certified"])
async def test_a_server_and_a_client_with_the_right_certificates_trust_each_other(
    own: Guarded, jackfield: Command, user: str
) -> None:
    client = user if user == "certified" else None

    said = await jackfield("migrate", DATABASE_URL=own.url(user=user, client=client))

    assert (said.status, said.err.strip()) == (0, "the database is up to date")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_an_authority_that_is_not_trusted_ends_a_process_at_once(
    own: Guarded, jackfield: Command, words: tuple[str, ...]
) -> None:
    said = await refused(jackfield, own.url(root="stranger"), words)

    assert "certificate verify failed" in said
    assert "stranger.pem" in said


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_a_certificate_of_another_address_ends_a_process_at_once(
    guarded: Guarded, jackfield: Command, words: tuple[str, ...]
) -> None:
    await guarded.show(guarded.authority.issue("Server", address="127.0.0.2"))

    said = await refused(jackfield, guarded.url(), words)

    assert "IP address mismatch, certificate is not valid for '127.0.0.1'" in said


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_a_certificate_that_has_expired_ends_a_process_at_once(
    guarded: Guarded, jackfield: Command, words: tuple[str, ...]
) -> None:
    await guarded.show(guarded.authority.issue("Server", valid=-timedelta(hours=1)))

    assert "certificate has expired" in await refused(jackfield, guarded.url(), words)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (None, "connection requires a valid client certificate"),
        ("other", 'authentication failed for user "certified"'),
        ("unknown", "unknown.pem"),
    ],
)
async def test_a_client_certificate_that_is_missing_or_not_trusted_ends_a_process_at_once(
    own: Guarded, jackfield: Command, client: str | None, expected: str, words: tuple[str, ...]
) -> None:
    said = await refused(jackfield, own.url(user="certified", client=client), words)

    assert expected in said


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
async def test_a_wrong_password_ends_a_process_at_once(
    own: Guarded, jackfield: Command, words: tuple[str, ...]
) -> None:
    wrong = _PASSWORD[::-1]
    said = await refused(jackfield, own.url(password=wrong), words)

    assert 'password authentication failed for user "plain"' in said
    assert wrong not in said
