"""Validation of the terms of a new connect session."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from jackfield.connect.models import SessionTerms
from jackfield.connectors.catalog import ActionNotFound, Catalog
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.profiles.service import PROXY
from jackfield.projects.settings import ProjectSettings, normal_origin

# Those of the protocol; connectors may have others.
_CATEGORIES: Final = frozenset(
    {
        "accounting",
        "ats",
        "crm",
        "documents",
        "hris",
        "hris-legacy",
        "iam",
        "lms",
        "marketing",
        "messaging",
        "scheduling",
        "screening",
        "stackone",
        "ticketing",
    }
)


def validate_terms(
    catalog: Catalog, settings: ProjectSettings, terms: SessionTerms
) -> SessionTerms:
    """
    Return `terms` in the form they are stored in.

    Raises:
        InvalidRequest: they name unknown things, or origins that the project does not allow.
    """
    faults = [
        *_category_faults(catalog, terms),
        *_action_faults(catalog, terms),
        *_origin_faults(settings, terms),
    ]
    if faults:
        raise InvalidRequest.of(faults)
    origins = filter(None, map(normal_origin, terms.allowed_origins))
    return replace(terms, allowed_origins=tuple(dict.fromkeys(origins)))


def _category_faults(catalog: Catalog, terms: SessionTerms) -> Iterator[Fault]:
    if _CATEGORIES.issuperset(terms.categories):
        return
    known = _CATEGORIES.union(*(each.categories for each in catalog.connectors()))
    for index, category in enumerate(terms.categories):
        if category not in known:
            yield Fault(f"categories[{index}]", f"expected one of {', '.join(sorted(known))}")


def _action_faults(catalog: Catalog, terms: SessionTerms) -> Iterator[Fault]:
    proxies = {f"{each.key}_{PROXY}": each for each in catalog.connectors()}
    for index, action_id in enumerate(terms.actions):
        if (proxied := proxies.get(action_id)) is not None:
            if terms.provider not in (None, proxied.key):
                yield Fault(f"actions[{index}]", f"is not an action of {terms.provider!r}")
            continue
        try:
            connector, _ = catalog.action(action_id)
        except ActionNotFound as missing:
            yield Fault(f"actions[{index}]", missing.detail)
            continue
        if terms.provider not in (None, connector.key):
            yield Fault(f"actions[{index}]", f"is not an action of {terms.provider!r}")


def _origin_faults(settings: ProjectSettings, terms: SessionTerms) -> Iterator[Fault]:
    for index, origin in enumerate(terms.allowed_origins):
        normal = normal_origin(origin)
        if normal is None or "*" in normal:
            yield Fault(
                f"allowed_origins[{index}]", "expected an origin such as https://app.example.com"
            )
        elif not settings.allows_origin(normal):
            yield Fault(
                f"allowed_origins[{index}]",
                "is not among the project's allowed origins, which a session can only restrict",
            )
