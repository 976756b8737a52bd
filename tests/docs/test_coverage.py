"""Whatever the hub offers has its place in the documentation; a failure says what has none."""

import inspect
import re
from collections.abc import Iterable
from pathlib import Path

import click
import pytest

from jackfield.audit.models import FAMILIES
from jackfield.events.models import EventType
from jackfield.http.routes import ROUTES
from jackfield.kit.actor import ActorKind
from jackfield.projects.models import Scope
from jackfield.ui.dashboard.layout import SECTIONS
from jackfield.ui.docs.manual import manual
from jackfield.ui.docs.manual_html import sections
from tools import reference, remedies

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def undocumented(names: Iterable[str], text: str) -> list[str]:
    """Return what a page does not name as code."""
    named = set(re.findall(r"`([^`\n]+)`", text))
    return sorted(name for name in names if name not in named)


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    assert page(f"reference/{name}") == reference.PAGES[name](), "run: make docs"


def test_every_setting_has_a_row() -> None:
    source = (DOCS.parent / "src/jackfield/settings.py").read_text("utf-8")
    names = {f"JACKFIELD_{name}" for name in re.findall(r"values\.get\(\"(\w+)\"", source)}

    assert undocumented(names, page("reference/settings.md")) == []


def test_every_command_and_option_says_what_it_does() -> None:
    silent: list[str] = []
    for command, context in reference.commands():
        if not command.help:
            silent.append(context.command_path)
        silent += [
            f"{context.command_path} {each.opts[0]}"
            for each in command.params
            if isinstance(each, click.Option) and not each.hidden and not each.help
        ]

    assert silent == [], "these need a `help`"


def test_every_error_has_its_cause_and_what_to_do() -> None:
    codes = frozenset(reference.catalogue())

    assert undocumented(codes, page("reference/errors.md")) == []
    assert remedies.superfluous(codes) == frozenset()
    assert [
        code for code, error in reference.catalogue().items() if not remedies.remedy(error)
    ] == []


def test_every_route_says_what_it_does() -> None:
    silent = [f"{each.method} {each.path}" for each in ROUTES if not inspect.getdoc(each.handler)]

    assert silent == [], "these handlers need a docstring"
    names = {f"{each.method} {each.path}" for each in ROUTES}
    assert undocumented(names, page("reference/routes.md")) == []


def test_every_scope_says_what_it_opens() -> None:
    assert undocumented(Scope, page("operating/access.md")) == []


def test_every_event_is_told_of() -> None:
    assert undocumented(EventType, page("webhooks.md")) == []


def test_every_family_and_actor_of_the_audit_log_is_told_of() -> None:
    assert undocumented([*FAMILIES, *ActorKind], page("audit.md")) == []


def test_every_page_of_the_dashboard_has_a_heading() -> None:
    about = [each for each in manual().pages if "dashboard" in each.text.lower()]
    headings = {heading.title.lower() for each in about for heading, _ in sections(each)}
    titles = [each.title for listed in SECTIONS.values() for each in listed]

    missing = [title for title in titles if not any(title.lower() in each for each in headings)]

    assert missing == [], "these need a heading in docs/dashboard.md, or in a page it leads to"


def test_every_page_of_the_manual_has_an_address_of_its_own_and_says_what_it_is_about() -> None:
    pages = manual().pages

    assert len({each.path for each in pages}) == len(pages)
    assert [each.file for each in pages if each.title == each.path] == [], "these need a heading"
    reserved = ("api", "connectors/", "files/", "search-index.js")
    assert [each.path for each in pages if each.path.startswith(reserved[1:])] == []
    assert "api" not in {each.path for each in pages}
