"""Issues in words: for the operator, and for the customer whose account it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.issues.models import Cause, Issue


@dataclass(frozen=True, slots=True)
class Words:
    """`{provider}` and `{owner}` are filled in; without `customer` there is nothing to ask of one."""

    title: str
    advice: str
    customer: str = ""
    # Whether linking the account again helps.
    relink: bool = False


WORDS: Final[Mapping[Cause, Words]] = {
    Cause.HONEYTOKEN: Words(
        "Somebody used the decoy {owner} at {provider}",
        "Nobody has a reason to: an API key, an agent or a member is in wrong hands, or tries what "
        "it should not. The audit log says who it was, and from where. Revoke the key first.",
    ),
    Cause.CREDENTIAL: Words(
        "{provider} does not accept the credential of {owner}",
        "Nothing can be run with this account until it is linked again. Send its owner a "
        "reconnect link.",
        "Hello,\n\n{provider} no longer accepts the access that we were given for {owner}. "
        "Please connect it again; it takes a few minutes, and nothing else changes.",
        relink=True,
    ),
    Cause.RENEWAL: Words(
        "The token of {owner} at {provider} is not renewed",
        "The hub tries again by itself. If that goes on, have the account linked again.",
        "Hello,\n\nour access to {provider} for {owner} could not be renewed. "
        "Please connect it again; it takes a few minutes, and nothing else changes.",
        relink=True,
    ),
    Cause.SETUP: Words(
        "{provider} does not accept the app that {owner} was linked with",
        "Check the client id and the secret in the setup of the connector profile. Its owner can "
        "do nothing about it, and all accounts of the profile may be affected.",
    ),
    Cause.PERMISSION: Words(
        "{provider} refuses some actions to the credential of {owner}",
        "The credential is accepted, but is not allowed to do this. Its owner has to give it more "
        "permissions at the provider, or another credential here.",
        "Hello,\n\n{provider} does not allow some of what we do for {owner}: the access that we "
        "were given lacks a permission. Please extend its permissions in {provider}, or connect "
        "it again with an access that has them.",
        relink=True,
    ),
    Cause.RATE_LIMIT: Words(
        "{provider} limits how often {owner} is asked",
        "Ask less often, or in larger pages. The limit may be one that all software of the "
        "customer shares.",
        "Hello,\n\n{provider} answers that {owner} makes too many requests. If other software of "
        "yours uses the same account, please have it ask less often, or ask {provider} for a "
        "higher limit.",
    ),
    Cause.PROVIDER_FAILING: Words(
        "{provider} fails for {owner}",
        "Look at the provider's status page. The hub cannot mend this, and it usually passes.",
        "Hello,\n\n{provider} currently answers our requests for {owner} with errors. Could you "
        "check whether it works for you, and tell {provider} if it does not?",
    ),
    Cause.TIMEOUT: Words(
        "{provider} takes too long for {owner}",
        "Ask for less at once, or look at the provider's status page.",
        "Hello,\n\n{provider} currently takes too long to answer our requests for {owner}. Could "
        "you check whether it is slow for you, too?",
    ),
    Cause.OUTCOME_UNKNOWN: Words(
        "It is not known whether a write at {provider} for {owner} was carried out",
        "Look at the provider before you send it again, then resolve this by hand: no later "
        "success says what became of that write.",
        "Hello,\n\na change that we sent to {provider} for {owner} got no answer. Could you check "
        "in {provider} whether it arrived?",
    ),
    Cause.EGRESS: Words(
        "The hub may not send requests to the address of {owner} at {provider}",
        "The address is private, or is not allowed. Correct it by linking the account again, or "
        "allow the network in JACKFIELD_ALLOW_PRIVATE_NETWORKS.",
        relink=True,
    ),
}


def words_of(issue: Issue, *, provider: str) -> Words:
    """Return the words of an issue, with `provider` as the provider's name."""
    words, owner = WORDS[issue.cause], issue.origin_owner_name
    return Words(
        _filled(words.title, owner, provider),
        words.advice,
        _filled(words.customer, owner, provider),
        words.relink,
    )


def customer_words(cause: Cause, *, owner: str, provider: str) -> str:
    """Return the text for a customer, without an issue."""
    return _filled(WORDS[cause].customer, owner, provider)


def _filled(text: str, owner: str, provider: str) -> str:
    # Not `format`: names are texts of strangers.
    return owner.join(part.replace("{provider}", provider) for part in text.split("{owner}"))
