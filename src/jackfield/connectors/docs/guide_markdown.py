"""Guides rendered as Markdown."""

from collections.abc import Iterator, Sequence

from jackfield.connectors.guides import Guide, Section, Step


def render_markdown(guide: Guide, *, heading: int = 2) -> str:
    """
    Render a guide's sections, with headings of the level `heading`.

    They are enclosed in tags with the same `data-guide-*` attributes as on the page, so that
    readers know which scopes a part is for, and which parts are about the hub.
    """
    blocks = [f"> {line}" for line in guide.warning.splitlines()]
    warning = ["\n".join(blocks)] if blocks else []
    sections = ("\n\n".join(_section(section, "#" * heading)) for section in guide.sections)
    return "\n\n".join([*warning, *sections]) + "\n"


def _section(section: Section, marks: str) -> Iterator[str]:
    hide = " data-whitelabel-hide" if section.names_hub else ""
    scopes = _attribute(section.applicable_scopes)
    yield f'<section data-guide-section data-guide-scopes="{scopes}"{hide}>'
    yield f"{marks} {section.title}"
    yield from filter(None, (section.content, _points(section.points)))
    for number, step in enumerate(section.steps, 1):
        yield from _step(step, number, marks)
    yield "</section>"


def _step(step: Step, number: int, marks: str) -> Iterator[str]:
    yield (
        f'<div data-guide-step data-guide-scopes="{_attribute(step.applicable_scopes)}" '
        f'data-guide-display-scopes-list="{_attribute(step.display_scopes)}">'
    )
    yield f"{marks}# {number}. {step.title}"
    scopes = tuple(f"`{scope}`" for scope in step.display_scopes)
    yield from filter(None, (step.content, _points(step.points), _points(scopes)))
    yield "</div>"


def _points(points: Sequence[str]) -> str:
    return "\n".join(f"- {point}" for point in points)


def _attribute(scopes: Sequence[str]) -> str:
    return " ".join(scope.replace('"', "").replace("<", "") for scope in scopes)
