"""The page people see at `/`."""

import re
from functools import cache
from importlib import resources
from itertools import islice
from typing import Final

import jinja2

from jackfield.sandbox.iterable.control import count
from jackfield.sandbox.iterable.regional import RegionalSandbox
from jackfield.sandbox.replies import HTML, Reply

_SHOWN: Final = 25
_POLICY: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
}


def render(sandbox: RegionalSandbox, *, origin: str) -> Reply:
    """Show what a region holds, its keys and its last requests."""
    redactor = sandbox.redactor()
    newest = islice(reversed(list(sandbox.journal)), _SHOWN)
    text = _template().render(
        origin=origin,
        facts=sandbox.project.facts,
        region=sandbox.region,
        now=sandbox.clock(),
        contents={_words(name): number for name, number in count(sandbox).items()},
        keys=list(sandbox.keys.values()),
        users=list(islice(sandbox.project.users, 5)),
        campaigns=list(sandbox.project.campaigns),
        requests=[entry.show(redactor) for entry in newest],
        faults=list(sandbox.faults),
        settings=sandbox.project.settings,
    )
    return Reply(text.encode(), content_type=HTML, headers=_POLICY)


def _words(name: str) -> str:
    """Write `messageTypes` as people do."""
    return re.sub("[A-Z]", lambda letter: f" {letter[0].lower()}", name).capitalize()


@cache
def _template() -> jinja2.Template:
    source = (
        resources.files("jackfield.sandbox.iterable")
        .joinpath("page.html")
        .read_text(encoding="utf-8")
    )
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(source)
