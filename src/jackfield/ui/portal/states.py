"""States of accounts, of what ran and of rights, in the words of people who are no engineers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.accounts.models import Account, AccountStatus
from jackfield.accounts.pauses import other_reasons
from jackfield.accounts.status import ENDING, is_erased
from jackfield.connectors.action import ActionInfo
from jackfield.logs.runs.models import Run

# The tone and the drawing of each state.
_LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "active": ("good", "check"),
    "paused": ("warn", "pause"),
    "suspended": ("warn", "pause"),
    "unused": ("warn", "pause"),
    "both": ("warn", "pause"),
    "broken": ("bad", "error"),
    "inactive": ("warn", "info"),
    "ended": ("bad", "error"),
    "ending": ("warn", "clock"),
}
# Searching is reading to anybody; from the least to the most that can go wrong.
_EFFECTS: Final[Mapping[str, str]] = {
    "read": "read",
    "search": "read",
    "execute": "execute",
    "write": "write",
    "send": "send",
    "delete": "delete",
}
_WHY: Final[Mapping[str, str]] = {
    "account_not_usable": "unusable",
    "action_not_allowed": "not_allowed",
    "credential_rejected": "credentials",
    "provider_unauthorized": "credentials",
    "provider_rate_limited": "busy",
    "provider_timeout": "slow",
    "request_timeout": "slow",
    "provider_unavailable": "unreachable",
    "egress_proxy_failed": "unreachable",
    "invalid_inputs": "inputs",
    "invalid_request": "inputs",
    "outcome_unknown": "unknown",
}
_WHY_BY_STATUS: Final[Mapping[int, str]] = {
    401: "credentials",
    408: "slow",
    429: "busy",
    503: "unreachable",
    504: "slow",
}
_REFUSED: Final = range(400, 500)


@dataclass(frozen=True, slots=True)
class State:
    """The state of an account: the key of its words, a tone and a drawing."""

    key: str

    @property
    def tone(self) -> str:
        return _LOOKS[self.key][0]

    @property
    def drawing(self) -> str:
        return _LOOKS[self.key][1]


_OF_STATUS: Final[Mapping[AccountStatus, str]] = {
    AccountStatus.ACTIVE: "active",
    AccountStatus.INACTIVE: "inactive",
    AccountStatus.ERROR: "broken",
    AccountStatus.EXPIRED: "broken",
    AccountStatus.SUSPENDED: "suspended",
}


def state_of(account: Account) -> State:
    if any(each.code == ENDING for each in account.status_reasons):
        return State("ending")
    if is_erased(account):
        return State("ended")
    if account.is_unused:
        return State("unused")
    if account.status is AccountStatus.SUSPENDED and account.is_paused_by_owner:
        return State("both" if other_reasons(account) else "paused")
    return State(_OF_STATUS[account.status])


def effects_of(actions: Iterable[ActionInfo]) -> tuple[str, ...]:
    """Return what actions do, each once; an action that does not say what it does may write."""
    found = {
        _EFFECTS.get(effect, "write") for each in actions for effect in each.effects or ("write",)
    }
    return tuple(each for each in dict.fromkeys(_EFFECTS.values()) if each in found)


def why_failed(run: Run) -> str:
    """Return the key of the words for why a run did not work."""
    known = _WHY.get(run.error_code or "") or _WHY_BY_STATUS.get(run.status_code)
    if known is not None:
        return known
    return "refused" if run.status_code in _REFUSED else "other"
