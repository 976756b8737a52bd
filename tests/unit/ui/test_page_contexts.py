"""The variables that templates use, beside those that the pages' dataclasses give them."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from jinja2 import meta, nodes

from jackfield import ui
from jackfield.ui import rendering

# Templates that others are made of.
PARTS = {
    "dashboard/base.html",
    "dashboard/document.html",
    "dashboard/parts.html",
    "docs/base.html",
    "docs/parts.html",
    "hub/base.html",
    "hub/parts.html",
    "portal/base.html",
    "portal/parts.html",
}


def contexts() -> Iterator[type[Any]]:
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type) and is_dataclass(value) and hasattr(value, "template"):
                yield value


PAGES = {page.template: page for page in contexts()}


def parsed(name: str) -> nodes.Template:
    loader = rendering.environment.loader
    assert loader is not None
    return rendering.environment.parse(loader.get_source(rendering.environment, name)[0])


def extended(name: str) -> list[nodes.Template]:
    """Return a template and those it extends, which share their variables."""
    template = parsed(name)
    parents = [each.template for each in template.find_all(nodes.Extends)]
    bases = [base for each in parents for base in extended(each.value)]  # type: ignore[attr-defined]
    return [template, *bases]


def set_in(template: nodes.Template) -> set[str]:
    """Return what a template itself sets, defines or imports for its blocks and its bases'."""
    names: set[str] = set()
    for each in template.body:
        if isinstance(each, nodes.Assign) and isinstance(each.target, nodes.Name):
            names.add(each.target.name)
        elif isinstance(each, nodes.Macro):
            names.add(each.name)
        elif isinstance(each, nodes.FromImport):
            names.update(name if isinstance(name, str) else name[1] for name in each.names)
    return names


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_given_what_its_template_uses_and_nothing_else(name: str) -> None:
    templates = extended(name)
    used = {each for template in templates for each in meta.find_undeclared_variables(template)}
    own = {each for template in templates for each in set_in(template)}
    given = {field.name for field in fields(PAGES[name])}

    assert used - own - set(rendering.links("")) == given


def test_every_template_belongs_to_a_page() -> None:
    names = {name for name in rendering.environment.list_templates() if name not in PARTS}

    assert {name for name in names if not name.rpartition("/")[2].startswith("_")} == set(PAGES)


def test_a_part_uses_only_what_it_is_given() -> None:
    for name in rendering.environment.list_templates():
        if name.endswith("/parts.html") or "/_" in name:
            assert meta.find_undeclared_variables(parsed(name)) == set(), name


def test_every_page_can_be_changed_by_nobody() -> None:
    for page in PAGES.values():
        assert page.__dataclass_params__.frozen, page
