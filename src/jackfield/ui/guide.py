"""Guides as shown in pages and forms."""

from collections.abc import Collection, Mapping

from markupsafe import Markup

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.consoles import chosen_consoles
from jackfield.connectors.docs.guide_html import render_html, render_scope_selector
from jackfield.connectors.docs.guide_markdown import render_markdown
from jackfield.connectors.guides import depends_on_scopes, select, without_hub


def form_guide(
    method: AuthMethod, *, scopes: Collection[str] | None, values: Mapping[str, str]
) -> Markup:
    """Return the guide beside the form, without the parts about how to open the Hub."""
    if method.config_guide is None:
        return Markup("")
    guide = without_hub(method.config_guide)
    if scopes is not None:
        guide = select(guide, scopes)
    guide = chosen_consoles(guide, method.config_fields, values)
    return Markup(render_html(guide, heading=3, is_folded=True))  # noqa: S704 - rendered as safe


def is_about_scopes(method: AuthMethod) -> bool:
    """Return whether the guide depends on the chosen actions."""
    return method.config_guide is not None and depends_on_scopes(method.config_guide)


def guide_page(connector: Connector, method: AuthMethod, *, is_white_label: bool) -> Markup:
    """Return the whole guide as HTML for a page of its own."""
    guide = method.link_guide()
    shown = without_hub(guide) if is_white_label else guide
    selector = render_scope_selector(connector.actions) if depends_on_scopes(guide) else ""
    return Markup(selector + render_html(shown))  # noqa: S704 - rendered as safe


def setup_guide(method: AuthMethod) -> Markup:
    """Return the operator's guide as HTML."""
    guide = method.setup_guide
    return Markup("" if guide is None else render_html(guide, heading=3))  # noqa: S704 - rendered as safe


def guide_text(method: AuthMethod, *, is_white_label: bool) -> str:
    """Return the whole guide as Markdown."""
    guide = method.link_guide()
    return render_markdown(without_hub(guide) if is_white_label else guide)
