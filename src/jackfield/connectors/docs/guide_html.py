"""Guides rendered as safe HTML; their Markdown is written by connector authors."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from html import escape
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.guides import Guide, Image, Section, Step

# Returns the URL of an image, or `None` if the page may not show it.
ImageUrl: TypeAlias = Callable[[str], str | None]

_SCHEMES: Final = frozenset({"http", "https"})
_STEP: Final = '<details class="step" name="step">'


def render_html(
    guide: Guide, *, heading: int = 2, image_url: ImageUrl | None = None, is_folded: bool = False
) -> str:
    """
    Render a guide's sections, headed by `<h{heading}>`.

    Images are left out unless `image_url` returns a URL for them. Of a folded guide, one step at a
    time is open, at first the first.
    """
    warning = f'<aside class="warning">{_blocks(guide.warning)}</aside>' if guide.warning else ""
    sections = "\n".join(
        _section(each, heading, image_url, is_folded=is_folded) for each in guide.sections
    )
    html = sections.replace(_STEP, f"{_STEP[:-1]} open>", 1)
    return f"{warning}\n{html}" if warning else html


def render_scope_selector(actions: Iterable[ActionInfo]) -> str:
    """Render the panel in which a reader chooses actions, to hide what they do not need."""
    entries = [
        {"id": action.id, "label": action.label, "scopes": list(action.required_scopes)}
        for action in actions
        if action.required_scopes and not action.is_internal
    ]
    if not entries:
        return ""
    encoded = escape(msgspec.json.encode(entries).decode())
    return f'<div data-guides-scope-selector data-guide-actions-json="{encoded}"></div>'


def _section(section: Section, heading: int, image_url: ImageUrl | None, *, is_folded: bool) -> str:
    parts = [
        f"<h{heading}>{escape(section.title)}</h{heading}>",
        _blocks(section.content),
        _points(section.points),
        _image(section.image, image_url),
    ]
    if section.steps:
        steps = "\n".join(
            _step(step, heading + 1, image_url, is_folded=is_folded) for step in section.steps
        )
        parts.append(f'<ol class="steps">\n{steps}\n</ol>')
    hide = " data-whitelabel-hide" if section.names_hub else ""
    scopes = _scopes(section.applicable_scopes)
    body = "\n".join(filter(None, parts))
    return f'<section data-guide-section data-guide-scopes="{scopes}"{hide}>\n{body}\n</section>'


def _step(step: Step, heading: int, image_url: ImageUrl | None, *, is_folded: bool) -> str:
    field = f' data-guide-field="{escape(step.field)}" tabindex="-1"' if step.field else ""
    attributes = (
        f'data-guide-step data-guide-scopes="{_scopes(step.applicable_scopes)}" '
        f'data-guide-display-scopes-list="{_scopes(step.display_scopes)}"{field}'
    )
    title = f"<h{heading}>{escape(step.title)}</h{heading}>"
    parts = [
        _blocks(step.content),
        _points(step.points),
        _scope_list(step.display_scopes),
        _image(step.image, image_url),
    ]
    body = "\n".join(filter(None, parts))
    if is_folded:
        body = f"{_STEP}\n<summary>{title}</summary>\n<div>\n{body}\n</div>\n</details>"
    else:
        body = f"{title}\n{body}" if body else title
    return f'<li id="{escape(step.anchor)}">\n<div {attributes}>\n{body}\n</div>\n</li>'


def _points(points: Sequence[str]) -> str:
    items = "".join(f"<li>{_inline(point)}</li>" for point in points)
    return f"<ul>{items}</ul>" if items else ""


def _scope_list(scopes: Sequence[str]) -> str:
    items = "".join(f"<li><code>{escape(scope)}</code></li>" for scope in scopes)
    return f"<ul data-guide-display-scopes>{items}</ul>" if items else ""


def _image(image: Image | None, image_url: ImageUrl | None) -> str:
    url = image_url(image.src) if image and image_url else None
    if image is None or url is None:
        return ""
    return f'<img src="{escape(url)}" alt="{escape(image.alt)}" loading="lazy">'


def _scopes(scopes: Sequence[str]) -> str:
    return escape(" ".join(scopes))


def _blocks(markdown: str) -> str:
    return str(_renderer().render(markdown)).strip() if markdown else ""


def _inline(markdown: str) -> str:
    return str(_renderer().renderInline(markdown))


@cache
def _renderer() -> MarkdownIt:
    renderer = MarkdownIt("commonmark", {"html": False})
    renderer.disable(["html_block", "html_inline", "image"])
    # The parser calls this for every link; a refused one stays plain text.
    renderer.validateLink = _is_web_link
    renderer.add_render_rule("link_open", _open_link)
    return renderer


def _is_web_link(url: str) -> bool:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in _SCHEMES and bool(parts.netloc)


def _open_link(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[index].attrSet("target", "_blank")
    tokens[index].attrSet("rel", "noopener noreferrer")
    return self.renderToken(tokens, index, options, env)
