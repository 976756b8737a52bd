"""“Your first hour” can be followed, word for word, by someone who knows nothing else."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.first_hour import ADDRESS, Block, blocks, follow

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# Where others may listen on this machine.
PORTS = (8080, 9901, 9902)


def free_ports() -> dict[int, int]:
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    found = {port: each.getsockname()[1] for port, each in zip(PORTS, opened, strict=True)}
    for each in opened:
        each.close()
    return found


def elsewhere(typed: Iterator[Block], ports: dict[int, int]) -> Iterator[Block]:
    """Yield the blocks with other ports, and without the installation."""
    options = {
        "jackfield serve": f"jackfield serve --port {ports[8080]}",
        "jackfield sandbox iterable": (
            f"jackfield sandbox iterable --us-port {ports[9901]} --eu-port {ports[9902]}"
        ),
    }
    for block in typed:
        code = block.code
        for old, new in options.items():
            code = code.replace(f"{old}\n", f"{new}\n")
        for old, new in ports.items():
            code = code.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
        if block.terminal != "Install":
            yield Block(block.terminal, code)


async def test_the_page_leads_from_an_empty_folder_to_a_backup(tmp_path: Path) -> None:
    # What the installation leaves. script/first-hour installs as well, which needs a network.
    (tmp_path / "jackfield").mkdir()
    (tmp_path / "jackfield" / ".venv").symlink_to(Path(sys.executable).parents[1])
    ports = free_ports()

    said = await asyncio.to_thread(
        lambda: list(follow(tmp_path, elsewhere(blocks(), ports), ports=ports))
    )

    text = "\n".join(said)
    assert '"statusCode"' not in text
    assert "avery.abbott@example.com" in text
    assert text.count("idempotency-replayed: true") == 1
    assert '"isError":false' in text.replace(" ", "") or '"content"' in text
    assert "/dashboard/sign-in?token=jf_si_" in text
    assert (tmp_path / "first.backup").stat().st_mode & 0o777 == 0o600


def test_the_page_names_each_terminal_and_installs_first() -> None:
    found = list(blocks())

    assert found[0].terminal == "Install"
    assert ADDRESS in found[0].code
    assert {each.terminal for each in found[1:]} == {"Terminal 1", "Terminal 2", "Terminal 3"}
    assert [each.port for each in found if each.port] == [9901, 8080]
