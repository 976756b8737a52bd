"""The pages that people see."""

from functools import cache
from importlib import resources
from typing import Final

import jinja2

from jackfield.sandbox.replies import HTML, Reply

_POLICY: Final = {
    "cache-control": "no-store",
    # Nothing is said of where a form may lead: its answer sends the browser back to the client.
    "content-security-policy": (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


def render(name: str, status: int = 200, **values: object) -> Reply:
    """Return the page of a template."""
    text = _environment().get_template(f"{name}.html").render(**values)
    return Reply(text.encode(), status, HTML, _POLICY)


def message(title: str, text: str, status: int = 200) -> Reply:
    """Return a page that says one thing."""
    return render("message", status, title=title, text=text)


@cache
def _environment() -> jinja2.Environment:
    folder = resources.files("jackfield.sandbox.oauth").joinpath("templates")
    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(
            lambda name: folder.joinpath(name).read_text(encoding="utf-8")
        ),
    )
