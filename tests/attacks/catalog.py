"""All attacks, in the order of an account's life, and all faults that they are tried with."""

from typing import Final

from tests.attacks import (
    browser_attacks,
    page_attacks,
    page_faults,
    session_attacks,
    session_faults,
    sign_in_attacks,
    sign_in_faults,
    tenant_attacks,
)
from tests.attacks.attack import REGISTERED, Attack
from tests.attacks.seeded import PLANTABLE, SeededFault

_ATTACKING: Final = (
    *(sign_in_attacks, session_attacks, tenant_attacks),
    *(page_attacks, browser_attacks),
)
_FAULTY: Final = (sign_in_faults, session_faults, page_faults)

ATTACKS: Final[dict[str, Attack]] = {
    name: each
    for module in _ATTACKING
    for name, each in REGISTERED.items()
    if each.steps.__module__ == module.__name__
}
FAULTS: Final[dict[str, SeededFault]] = {
    name: each
    for module in _FAULTY
    for name, each in PLANTABLE.items()
    if each.plant.__module__ == module.__name__
}
