"""Guides, as pages and the form show them."""

from dataclasses import replace

from markupsafe import Markup

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.guide_html import render_html, render_scope_selector
from jackfield.connectors.guide_markdown import render_markdown
from jackfield.connectors.guides import Guide, linking_section, without_hub


def form_guide(method: AuthMethod) -> Markup:
    """Return the guide that stands beside the form; what it says of the Hub is plain there."""
    if method.config_guide is None:
        return Markup("")
    return Markup(render_html(without_hub(method.config_guide)))  # noqa: S704 - rendered as safe


def guide_page(connector: Connector, method: AuthMethod) -> Markup:
    """Return the whole guide for a page of its own."""
    selector = render_scope_selector(connector.actions)
    return Markup(selector + render_html(whole_guide(method)))  # noqa: S704 - rendered as safe


def guide_text(method: AuthMethod) -> str:
    """Return the whole guide as Markdown."""
    return render_markdown(whole_guide(method))


def whole_guide(method: AuthMethod) -> Guide:
    """Return an auth method's guide, ending with how the Hub's form is filled in."""
    guide = method.config_guide or Guide(())
    labels = [field.label for field in method.config_fields if not field.computed]
    ending = linking_section(labels, redirects=method.redirects)
    return replace(guide, sections=(*guide.sections, ending))
