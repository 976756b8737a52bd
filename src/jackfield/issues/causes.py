"""Causes of failures, by the codes they have in the log."""

from collections.abc import Mapping
from typing import Final

from jackfield.issues.models import Cause

# What a caller did wrong is not among them, and neither is what the project does not allow.
_CAUSES: Final[Mapping[str, Cause]] = {
    "account_not_usable": Cause.CREDENTIAL,
    "credential_missing": Cause.CREDENTIAL,
    "credential_rejected": Cause.CREDENTIAL,
    "grant_refused": Cause.CREDENTIAL,
    "provider_unauthorized": Cause.CREDENTIAL,
    "token_refused": Cause.RENEWAL,
    "oauth_client_refused": Cause.SETUP,
    "token_not_signed": Cause.SETUP,
    "provider_rate_limited": Cause.RATE_LIMIT,
    "provider_answer_too_deep": Cause.PROVIDER_FAILING,
    "provider_answer_unreadable": Cause.PROVIDER_FAILING,
    "provider_error": Cause.PROVIDER_FAILING,
    "provider_pagination_stalled": Cause.PROVIDER_FAILING,
    "provider_unavailable": Cause.PROVIDER_FAILING,
    "provider_timeout": Cause.TIMEOUT,
    "request_timeout": Cause.TIMEOUT,
    "outcome_unknown": Cause.OUTCOME_UNKNOWN,
    "egress_blocked": Cause.EGRESS,
}
_REJECTED: Final = "provider_rejected"
_FORBIDDEN: Final = 403
# The first failure of a renewal may pass, unless it is one of these.
CERTAIN: Final = tuple(code for code, cause in _CAUSES.items() if cause is Cause.SETUP)
# A success of any action shows that they are over; of the others, one of the action that failed.
OF_ACCOUNT: Final = frozenset({Cause.CREDENTIAL, Cause.RENEWAL, Cause.SETUP})
# Nothing that happens later says what became of a write: a person has to look.
BY_HAND_ONLY: Final = frozenset({Cause.OUTCOME_UNKNOWN, Cause.HONEYTOKEN})


def cause_of(code: str | None, provider_status: int | None) -> Cause | None:
    """Return the cause of a failed run; `None` if it is the caller's to mend, or the hub's."""
    if code == _REJECTED:
        return Cause.PERMISSION if provider_status == _FORBIDDEN else None
    return _CAUSES.get(code or "")


def cause_of_renewal(code: str) -> Cause:
    """Return the cause of tokens that are not renewed."""
    return Cause.SETUP if code in CERTAIN else Cause.RENEWAL
