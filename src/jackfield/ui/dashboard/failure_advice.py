"""Advice on how a run failed: the step that mends it, by the code of its error."""

from collections.abc import Mapping
from typing import Final

from jackfield.kit.errors import CATALOGUE, summary
from jackfield.logs.runs.models import Run

_ACCOUNT: Final = (
    "Look at the account: its page says why it cannot be used, and makes a link with which its "
    "owner links it again."
)
_PROFILE: Final = "Allow it in the account's connector profile, or run another action."
_LATER: Final = "Nothing has to be changed: run it again later."
_CONNECTOR: Final = (
    "The connector and the provider do not understand each other. Compare the answer with what the "
    "connector expects, and mend or report it."
)
_LESS: Final = "Ask for less at once: a shorter range, fewer fields, or smaller pages."

ADVICE: Final[Mapping[str, str]] = {
    "account_missing": "Name the account in the header x-account-id.",
    "account_not_found": "Send the id of an account of this project; it may have been deleted.",
    "account_not_usable": _ACCOUNT,
    "account_of_other_provider": "Send the id of an account of the action's connector.",
    "action_not_allowed": _PROFILE,
    "action_not_found": "Search for the action's present name: connectors rename and remove them.",
    "credential_missing": _ACCOUNT,
    "credential_rejected": _ACCOUNT,
    "egress_blocked": "Allow the address in the hub's settings if it is one that you trust.",
    "egress_proxy_failed": "Look whether the proxy that JACKFIELD_EGRESS_PROXY names is up.",
    "expressions_too_costly": _LESS,
    "grant_refused": _ACCOUNT,
    "host_not_declared": "Send requests only to hosts that the connector declares.",
    "internal": "Look up the request's id in the log of the hub, and report what it says.",
    "invalid_inputs": "Correct the inputs that the message names.",
    "outcome_unknown": "Look at the provider whether the change is there before you send it again.",
    "profile_disabled": "Switch the connector profile on, or use another one.",
    "provider_answer_too_large": _LESS,
    "provider_answer_unreadable": _CONNECTOR,
    "provider_error": _CONNECTOR,
    "provider_pagination_stalled": _CONNECTOR,
    "provider_rate_limited": "Ask for less often, or for several things in one call.",
    "provider_rejected": "The provider's answer says what it does not take: correct the inputs.",
    "provider_timeout": _LATER,
    "provider_unauthorized": _ACCOUNT,
    "provider_unavailable": _LATER,
    "request_timeout": _LESS,
    "run_interrupted": "Have the client wait for the answer, and send it again.",
    "token_refused": _ACCOUNT,
}


def failure_of(run: Run) -> tuple[str, str] | None:
    """Return what happened in a run that failed, and what helps, as sentences."""
    if run.success:
        return None
    what, helps = advice_on(run.error_code or "")
    return what or f"The provider answered {run.status_code}.", helps


def advice_on(code: str) -> tuple[str, str]:
    """Return what an error means and what helps, as sentences; empty where nothing is known."""
    known = CATALOGUE.get(code)
    helps = ADVICE.get(code, "")
    if not helps and known is not None and known.retryable:
        helps = _LATER
    return "" if known is None else summary(known), helps


def concerns_account(run: Run) -> bool:
    """Return whether what helps is on the page of the account."""
    return ADVICE.get(run.error_code or "") == _ACCOUNT
