"""“From an API description to gold” can be followed, block by block, by someone who has its file."""

import asyncio
import re
import shutil
import socket
import sys
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.running import Running, serving_hub
from tools.first_hour import Terminal, terminals

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

DOCS = Path(__file__).parents[2] / "docs" / "connectors"
PAGE = DOCS / "from-openapi.md"
DESCRIPTION = DOCS / "example" / "sendgrid.openapi.yaml"
# A file's whole content follows the paragraph that ends with its name.
NAMED = re.compile(r"`([\w./]+\.(?:yaml|py))`:$")
PORT = "9931"
SUBMITTING = "connectors push"


@dataclass(slots=True)
class Followed:
    """What came of the page: its folder, and what each level of quality was said to be."""

    folder: Path
    said: list[str] = field(default_factory=list[str])
    stopped_at: str = ""


def blocks() -> Iterator[tuple[str, str, str]]:
    """Yield each block with its language, and the file that it is."""
    file = ""
    for token in MarkdownIt("commonmark").parse(PAGE.read_text("utf-8")):
        if token.type == "inline":
            named = NAMED.search(token.content)
            file = named[1] if named else ""
        elif token.type == "fence":
            yield token.info, file, token.content
            file = ""


def follow(folder: Path) -> Followed:
    """Write each file, type each block, and compare what is printed with what the page shows."""
    shutil.copy(DESCRIPTION, folder)
    followed = Followed(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    with terminals(folder) as named:
        for each in ("first", "second"):
            named(each).run(f"export PATH={Path(sys.executable).parent}:$PATH")
        for language, file, written in blocks():
            code = written.replace(PORT, port)
            if file:
                place = folder / file
                place.parent.mkdir(exist_ok=True)
                place.write_text(code, encoding="utf-8")
            elif language == "text":
                shown = [" ".join(line.split()) for line in code.splitlines()]
                printed = " ".join(followed.said[-1].split())
                assert [line for line in shown if line not in printed] == []
            elif code.startswith("python3 standin.py"):
                start(named("second"), code)
            elif SUBMITTING in code:
                followed.stopped_at = code
            else:
                followed.said.append(named("first").run(code))
    return followed


def start(terminal: Terminal, code: str) -> None:
    terminal.start(code)
    assert terminal.process.stdout is not None
    assert terminal.process.stdout.readline() == "ready\n"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Followed:
    return follow(tmp_path_factory.mktemp("page"))


def test_the_page_leads_from_a_description_to_gold(followed: Followed) -> None:
    text = "\n".join(followed.said)

    assert "2 case(s), 0 failed." in text
    assert "7 case(s), 0 failed." in text
    assert re.search(r"my_sendgrid +silver +silver", text)
    assert re.search(r"my_sendgrid +gold +gold", text)


def test_the_run_goes_over_the_wire_and_shows_no_key(followed: Followed) -> None:
    (said,) = [each for each in followed.said if '"News"' in each]

    assert '"Offers"' in said
    assert "page_token=two" in said
    assert "SG.made-up" not in said


@pytest.fixture
async def hub(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[Running]:
    async with serving_hub(sandbox, data_dir=data_dir) as running:
        yield running
        running.hub.catalog.use_published([], {})


async def test_a_hub_publishes_what_the_page_makes(
    followed: Followed, jackfield: Command, hub: Running
) -> None:
    (line,) = [each for each in followed.stopped_at.splitlines() if SUBMITTING in each]
    _, *words = line.replace("my_sendgrid", str(followed.folder / "my_sendgrid")).split()

    pushed = await jackfield(*words, URL=hub.hub.public_url, API_KEY=hub.api_key)

    assert pushed.status == 0, pushed.err
    found = await asyncio.to_thread(hub.hub.catalog.get, "my_sendgrid")
    assert {each.name for each in found.actions} == {
        "list_scope",
        "get_username",
        "send_mail",
        "list_marketing_list",
    }
