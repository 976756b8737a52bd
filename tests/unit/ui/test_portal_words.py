"""The texts of a customer's own page: each that may be asked for is there, and none that is not."""

import re
from importlib import resources

import pytest

from jackfield.language import catalog
from jackfield.ui.portal import accounts, portal_request, states

GROUPS = {
    "state": {*states._LOOKS},  # noqa: SLF001 - all that a state can be
    "about": {*states._LOOKS},  # noqa: SLF001
    "can": {*states._EFFECTS.values(), "request", "nothing"},  # noqa: SLF001
    "why": {*states._WHY.values(), *states._WHY_BY_STATUS.values(), "refused", "other"},  # noqa: SLF001
}
CHOSEN = re.compile(r'say\(\s*"([a-z_]+)" if .*? else "([a-z_]+)"\s*\)')
SAID = re.compile(r"""(?:say\(|html\()["'](?:portal\.)?([a-z_]+)["']""")


def of_portals() -> set[str]:
    keys = catalog.keys()
    return {key.removeprefix("portal.") for key in keys if key.startswith("portal.")}


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_whatever_there_is_to_say_has_words(group: str) -> None:
    found = {key.removeprefix(f"{group}_") for key in of_portals() if key.startswith(f"{group}_")}

    assert found == GROUPS[group]


def test_no_text_is_written_that_is_never_said() -> None:
    ends = {key for key, _ in portal_request._ENDS.values()}  # noqa: SLF001
    said = {*ends, *(f"{key}_text" for key in ends), *accounts._REMOVALS.values()}  # noqa: SLF001
    for folder in ("portal", "templates/portal"):
        for file in (resources.files("jackfield.ui") / folder).iterdir():
            if file.name.endswith((".html", ".py")):
                text = file.read_text("utf-8")
                said.update(SAID.findall(text))
                said.update(key for pair in CHOSEN.findall(text) for key in pair)
    whole = {key for key in said if not key.endswith("_")}
    prefixes = tuple(f"{each}_" for each in (*GROUPS, "refused"))

    assert whole <= of_portals()
    assert {key for key in of_portals() if not key.startswith(prefixes)} <= whole
