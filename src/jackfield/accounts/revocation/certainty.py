"""Revocation of an account's credentials that is proved: asked again only of those that live."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from jackfield.accounts.access import AccountAccess
from jackfield.accounts.models import AccountNotUsable
from jackfield.accounts.revocation.models import Finding, Proof, RevocationResult, Verdict
from jackfield.accounts.revocation.proof import is_active, is_telling, prove
from jackfield.accounts.revocation.requests import Asked, ask
from jackfield.connectors.guides import Guide
from jackfield.runtime import Hub

_SECONDS: Final = 10.0
# Providers need a moment until all of their machines know.
_SETTLES: Final = 2.0
_PAUSES: Final = (2.0, 8.0)
_NONE: Final = "The hub has no credentials of it."
_EXPIRED: Final = (
    "Its access token is refused, as it may have expired anyway; nothing tells whether the sign-in "
    "can still be renewed."
)
_INACTIVE: Final = "The provider says that the token is no longer active; before, it was."


@dataclass(frozen=True, slots=True)
class ByHand:
    """Where a person ends credentials that the hub cannot: the console, and the guide to it."""

    console: str | None
    guide: str
    steps: tuple[str, ...]


async def revoke_and_prove(
    hub: Hub, access: AccountAccess, *, was_asked: bool, ending: Collection[str] | None
) -> Finding:
    """
    Revoke an account's credentials at the provider, and prove that they are dead.

    If the provider `was_asked` by a process that died, it is asked again only once a call has
    shown that they live. Accounts that are `ending`, too, count for nothing that is shared.
    """
    if access.is_decoy or (not access.secrets.fields and access.tokens is None):
        return Finding(Verdict.NOTHING, RevocationResult.NOT_APPLICABLE, _NONE)
    try:
        revocation = access.method.revocation
    except AccountNotUsable as gone:
        return Finding(Verdict.UNKNOWN, RevocationResult.UNSUPPORTED, gone.detail)
    if revocation is None:
        proof = await _settled(hub, access, waits=False)
        detail = f"{proof.detail} The provider has no way to revoke them from here."
        return _finding(hub, access, RevocationResult.UNSUPPORTED, proof, detail)
    if was_asked:
        proof = await _settled(hub, access, waits=True)
        if proof.verdict is not Verdict.SURVIVED:
            words = f"{proof.detail} Asked by a process that was killed, and not asked again."
            return _finding(hub, access, RevocationResult.FAILED, proof, words)
    return await _asked(hub, access, ending)


def by_hand(hub: Hub, access: AccountAccess) -> ByHand | None:
    """Return where a person ends an account's credentials; `None` if the connector is gone."""
    try:
        method = access.method
    except AccountNotUsable:
        return None
    values = access.account.public_values
    chosen = [
        option.console
        for field in method.config_fields
        for option in field.options
        if option.console and values.get(field.key) in (option.value, None)
    ]
    page = f"{hub.public_url}/docs/connectors/{access.connector.key}/guides/link-account"
    guide = method.config_guide
    return ByHand(
        next(iter(chosen), None), f"{page}/{method.key}", () if guide is None else _titles(guide)
    )


async def _asked(hub: Hub, access: AccountAccess, ending: Collection[str] | None) -> Finding:
    was_active = await is_active(hub, access)
    asked, proof = await _once(hub, access, ending)
    for pause in _PAUSES:
        if not asked.is_open or proof.verdict is not Verdict.SURVIVED:
            break
        # It lives, so that asking again repeats nothing.
        await hub.sleep(pause)
        asked, proof = await _once(hub, access, ending)
    if proof.by is None and was_active and await is_active(hub, access) is False:
        proof = Proof(Verdict.DEAD, _INACTIVE, "introspection")
    return _finding(hub, access, asked.outcome.result, proof, _words(asked, proof))


async def _once(
    hub: Hub, access: AccountAccess, ending: Collection[str] | None
) -> tuple[Asked, Proof]:
    asked = await ask(hub, access, ending)
    return asked, await _settled(hub, access, waits=not asked.is_kept)


def _words(asked: Asked, proof: Proof) -> str:
    if proof.verdict is Verdict.DEAD:
        return proof.detail
    return f"{proof.detail} {asked.outcome.detail}"


async def _settled(hub: Hub, access: AccountAccess, *, waits: bool) -> Proof:
    """Prove it once more where the provider failed, or may need a moment."""
    proof = await prove(hub, access, seconds=_SECONDS)
    if proof.may_pass or (waits and proof.verdict is Verdict.SURVIVED):
        await hub.sleep(_SETTLES)
        proof = await prove(hub, access, seconds=_SECONDS)
    return proof


def _finding(
    hub: Hub, access: AccountAccess, result: RevocationResult, proof: Proof, detail: str
) -> Finding:
    is_revoked = result is RevocationResult.REVOKED
    is_told = proof.by == "introspection" or is_telling(hub, access, is_revoked=is_revoked)
    if proof.verdict is Verdict.DEAD and not is_told:
        return Finding(Verdict.UNKNOWN, result, _EXPIRED)
    return Finding(proof.verdict, result, detail, proof.by)


def _titles(guide: Guide) -> tuple[str, ...]:
    return tuple(step.title for section in guide.sections for step in section.steps)
