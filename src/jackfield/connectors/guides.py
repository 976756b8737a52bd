"""Guides: instructions on where to find each credential."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from jackfield.kit.json import Json, items, mapping, text, words

_NO_WORD: Final = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Image:
    src: str
    alt: str


@dataclass(frozen=True, slots=True)
class Step:
    """`content` and `points` are Markdown.

    `field` is the key of the field the step is about, `display_scopes` are scopes to grant in it.
    """

    title: str
    content: str = ""
    points: tuple[str, ...] = ()
    image: Image | None = None
    applicable_scopes: tuple[str, ...] = ()
    display_scopes: tuple[str, ...] = ()
    field: str | None = None

    @property
    def anchor(self) -> str:
        """The fragment that leads to it on the guide's page."""
        return _NO_WORD.sub("-", self.title.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class Section:
    """`names_hub` sections are about the hub itself: white-labelled projects do not show them."""

    title: str
    content: str = ""
    points: tuple[str, ...] = ()
    image: Image | None = None
    steps: tuple[Step, ...] = ()
    applicable_scopes: tuple[str, ...] = ()
    names_hub: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    sections: tuple[Section, ...]
    warning: str = ""


def read_guide(entry: Mapping[str, Json]) -> Guide | None:
    """Return a guide of the document, if it has sections."""
    sections = tuple(map(_section, items(entry, "sections")))
    return Guide(sections, text(entry, "warning")) if sections else None


def select(guide: Guide, scopes: Collection[str]) -> Guide:
    """Return the parts of a guide for `scopes`; parts without scopes are always included.

    A step that lists scopes to grant lists only those among `scopes`.
    """
    sections = [
        replace(
            section,
            steps=tuple(_narrow(step, scopes) for step in section.steps if _applies(step, scopes)),
        )
        for section in guide.sections
        if _applies(section, scopes)
    ]
    return replace(guide, sections=tuple(sections))


def depends_on_scopes(guide: Guide) -> bool:
    """Whether parts of a guide are for some scopes only."""
    return any(
        part.applicable_scopes or getattr(part, "display_scopes", ())
        for section in guide.sections
        for part in (section, *section.steps)
    )


def without_hub(guide: Guide) -> Guide:
    """Return a guide without the sections about the hub itself."""
    sections = tuple(section for section in guide.sections if not section.names_hub)
    return replace(guide, sections=sections)


def linking_section(labels: Iterable[str], *, signs_in: bool) -> Section:
    """Return the last section of every guide: filling in the hub's form."""
    points = tuple(f"**{label}**" for label in labels)
    fill_in = Step("Fill in the fields", "Enter what you found in the steps above:", points)
    sign_in = "You are sent to the provider's own page: sign in there and allow the access."
    return Section(
        "Linking the Account from the Hub",
        steps=(
            Step(
                "Open the Hub",
                "There are three ways in: it is part of the product you are connecting, it opens "
                "from a link you were sent, or your contact opens it for you in the dashboard. Choose "
                "the provider there.",
            ),
            *([fill_in] if points else []),
            Step(
                "Connect",
                points=(
                    *(["Press the button.", sign_in] if signs_in else ["Press **Connect**."]),
                    "A confirmation says that it worked: the account is now on the Accounts page.",
                ),
            ),
        ),
        names_hub=True,
    )


def plain(guide: Guide) -> Json:
    """Return a guide as the API has it: the document's own keys, nothing empty."""
    sections = [_plain_section(section) for section in guide.sections]
    return {**_filled(warning=guide.warning), "sections": sections}


def _narrow(step: Step, scopes: Collection[str]) -> Step:
    kept = tuple(scope for scope in step.display_scopes if scope in scopes)
    return replace(step, display_scopes=kept)


def _plain_section(section: Section) -> dict[str, Json]:
    return _filled(
        title=section.title,
        content=section.content,
        list=list(section.points),
        image=_plain_image(section.image),
        steps=[_plain_step(step) for step in section.steps],
        applicableScopes=list(section.applicable_scopes),
        whitelabelHide=section.names_hub,
    )


def _plain_step(step: Step) -> dict[str, Json]:
    return _filled(
        title=step.title,
        content=step.content,
        list=list(step.points),
        image=_plain_image(step.image),
        applicableScopes=list(step.applicable_scopes),
        displayScopes=list(step.display_scopes),
        field=step.field,
    )


def _plain_image(image: Image | None) -> Json:
    return {"src": image.src, "alt": image.alt} if image else None


def _filled(**entries: Json) -> dict[str, Json]:
    return {key: value for key, value in entries.items() if value}


def _applies(part: Section | Step, scopes: Collection[str]) -> bool:
    return not part.applicable_scopes or not set(part.applicable_scopes).isdisjoint(scopes)


def _section(entry: Mapping[str, Json]) -> Section:
    return Section(
        title=text(entry, "title"),
        content=text(entry, "content"),
        points=tuple(entry.get("list") or ()),
        image=_image(entry),
        steps=tuple(map(_step, items(entry, "steps"))),
        applicable_scopes=tuple(words(entry.get("applicableScopes"))),
        names_hub=entry.get("whitelabelHide") is True,
    )


def _step(entry: Mapping[str, Json]) -> Step:
    return Step(
        title=text(entry, "title"),
        content=text(entry, "content"),
        points=tuple(entry.get("list") or ()),
        image=_image(entry),
        applicable_scopes=tuple(words(entry.get("applicableScopes"))),
        display_scopes=tuple(words(entry.get("displayScopes"))),
        field=text(entry, "field") or None,
    )


def _image(entry: Mapping[str, Json]) -> Image | None:
    image = mapping(entry, "image")
    return Image(text(image, "src"), text(image, "alt")) if image else None
