"""Second factor of members: codes by time (TOTP), and recovery codes for when the device is gone."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import segno
from pyotp import random_base32
from pyotp.totp import TOTP

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.kit.actor import Actor
from jackfield.kit.json import encode, is_object, parse
from jackfield.members.factors.repo import Factors
from jackfield.members.models import Member, SignInRefused
from jackfield.secrets.sealed_cookie import open_from_browser, seal_for_browser
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets
from jackfield.vault.cipher import SealBroken

if TYPE_CHECKING:
    from jackfield.runtime import Hub

_ISSUER: Final = "Jackfield"
_SECONDS: Final = 30
# A clock may be off by so many steps.
_DRIFT: Final = 1
_DIGITS: Final = 6
_CODES: Final = 10
# 80 random bits each: nothing that a slow hash would help.
_CODE_BYTES: Final = 10
_SET_UP_WITHIN: Final = timedelta(minutes=30)
_FIELD: Final = "totp"


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A second factor that is being set up: the browser keeps it, sealed, until its first code."""

    secret: str
    # A drawing of the address that apps read.
    picture: str
    sealed: str


def start(hub: "Hub", member: Member) -> NewFactor:
    """Make a secret; nothing is kept before a code shows that the member's app has it."""
    secret = random_base32(32)
    return NewFactor(secret, _picture(secret, member), _seal_pending(hub, member, secret))


def reopen(hub: "Hub", member: Member, sealed: str) -> NewFactor:
    """
    Return a factor that is being set up.

    Raises:
        SignInRefused: it is another member's, or half an hour old.
    """
    secret = _open_pending(hub, member, sealed)
    return NewFactor(secret, _picture(secret, member), sealed)


async def confirm(hub: "Hub", member: Member, sealed: str, code: str) -> tuple[str, ...]:
    """
    Keep a new second factor, and return its recovery codes: the only time they can be read.

    Raises:
        SignInRefused: the code is not one of its, or it was set up too long ago.
    """
    secret = _open_pending(hub, member, sealed)
    step = _step_of(hub, secret, code)
    if step is None:
        raise SignInRefused
    actor = member.actor
    async with hub.db.write(member.project_id, actor) as tx:
        generation = (await Factors(tx).generation(member.id) or 0) + 1
        owner = SecretOwner(member.project_id, member.id, generation)
        await SealedSecrets(tx, hub.vault).put(owner, {_FIELD: secret})
        await Factors(tx).set_generation(member.id, generation, step)
        await record(tx, AuditKind.MEMBER_FACTOR_CHANGED, member.id, details={"is": "set up"})
        return await _new_codes(tx, member)


async def check_code(hub: "Hub", member: Member, code: str) -> None:
    """
    Take a code of the member's app, or a recovery code: each once.

    Raises:
        SignInRefused: it is neither, or was taken before.
    """
    actor, typed = member.actor, code.replace(" ", "").replace("-", "").lower()
    async with hub.db.write(member.project_id, actor) as tx:
        generation = await Factors(tx).generation(member.id)
        if generation is None:
            raise SignInRefused
        if len(typed) != _DIGITS:
            if not await Factors(tx).use_code(member.id, _digest(typed)):
                raise SignInRefused
            return
        owner = SecretOwner(member.project_id, member.id, generation)
        try:
            secret = (await SealedSecrets(tx, hub.vault).get(owner)).get(_FIELD)
        except SealBroken:
            secret = None
        step = None if secret is None else _step_of(hub, secret, typed)
        if step is None or not await Factors(tx).take_step(member.id, step):
            raise SignInRefused


async def renew_codes(hub: "Hub", member: Member) -> tuple[str, ...]:
    """Replace the recovery codes of a member."""
    actor = member.actor
    async with hub.db.write(member.project_id, actor) as tx:
        await record(tx, AuditKind.MEMBER_FACTOR_CHANGED, member.id, details={"is": "new codes"})
        return await _new_codes(tx, member)


async def remove(hub: "Hub", member: Member, actor: Actor) -> None:
    """Remove a second factor, with its secret and its recovery codes."""
    async with hub.db.write(member.project_id, actor) as tx:
        await remove_secrets(tx, member.id)
        await Factors(tx).set_generation(member.id, None, 0)
        await Factors(tx).replace_codes(member.id, ())
        await record(tx, AuditKind.MEMBER_FACTOR_CHANGED, member.id, details={"is": "removed"})


async def codes_left(hub: "Hub", member: Member) -> int:
    async with hub.db.read(member.project_id) as tx:
        return await Factors(tx).codes_left(member.id)


async def _new_codes(tx: Tx, member: Member) -> tuple[str, ...]:
    made = [secrets.token_hex(_CODE_BYTES) for _ in range(_CODES)]
    await Factors(tx).replace_codes(member.id, map(_digest, made))
    return tuple("-".join(each[at : at + 5] for at in range(0, len(each), 5)) for each in made)


def _step_of(hub: "Hub", secret: str, code: str) -> int | None:
    """Return the step of time of which `code` is one, if any."""
    typed, totp = code.replace(" ", "").encode(), TOTP(secret)
    now = int(hub.clock().timestamp()) // _SECONDS
    found = None
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(totp.at(step * _SECONDS).encode(), typed):
            found = step
    return found


def _picture(secret: str, member: Member) -> str:
    address = TOTP(secret, name=member.email, issuer=_ISSUER).provisioning_uri()
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff")


def _seal_pending(hub: "Hub", member: Member, secret: str) -> str:
    content = {"secret": secret, "until": (hub.clock() + _SET_UP_WITHIN).timestamp()}
    return seal_for_browser(hub.vault, _purpose(member), encode(content).decode())


def _open_pending(hub: "Hub", member: Member, sealed: str) -> str:
    try:
        content = parse(open_from_browser(hub.vault, _purpose(member), sealed))
    except SealBroken:
        raise SignInRefused from None
    assert is_object(content)
    until, secret = content["until"], content["secret"]
    assert isinstance(until, float)
    assert isinstance(secret, str)
    if until < hub.clock().timestamp():
        raise SignInRefused
    return secret


def _purpose(member: Member) -> str:
    return f"second factor of {member.id}"


def _digest(code: str) -> bytes:
    return hashlib.sha256(f"recovery {code}".encode()).digest()
