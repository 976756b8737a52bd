"""Sealed values of a sign-in whose user is at the provider."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

from jackfield.connect.sign_in.models import SignIn
from jackfield.connectors.tenants import Tenant
from jackfield.db.tx import Tx
from jackfield.engine.oauth.device import DeviceCode
from jackfield.engine.oauth.sign_in import SignInRequest
from jackfield.engine.oauth.tokens import Tokens
from jackfield.kit.json import decode, encode
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets, SecretOwner, remove_secrets

_FIELD: Final = "kept"


@dataclass(frozen=True, slots=True)
class SignInForm:
    """
    The form that a sign-in is begun from.

    `url` is its address, and empty if it waits in another window. With `is_confirmed`, another
    account at the provider may take the place of the one linked until now.
    """

    url: str = field(default="", repr=False)
    language: str = ""
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """
    The checked values of the form, and what the sign-in was begun with.

    `told` are credentials that the provider told by then. `tokens` are those of a sign-in that may
    go to one of `tenants`. `answer` is what the browser came back with before
    the code of its `installation`.
    """

    values: Mapping[str, str] = field(repr=False)
    form: SignInForm = SignInForm()
    request: SignInRequest | None = None
    told: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    device: DeviceCode | None = None
    tokens: Tokens | None = field(default=None, repr=False)
    tenants: tuple[Tenant, ...] = ()
    answer: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    installation: str = ""


async def keep(tx: Tx, hub: Hub, sign_in: SignIn, kept: Kept) -> None:
    await SealedSecrets(tx, hub.vault).put(_owner(sign_in), {_FIELD: encode(asdict(kept)).decode()})


async def kept_in(tx: Tx, hub: Hub, sign_in: SignIn) -> Kept:
    opened = (await SealedSecrets(tx, hub.vault).get(_owner(sign_in))).get(_FIELD)
    return Kept({}) if opened is None else decode(opened, Kept)


async def keep_form_alone(tx: Tx, hub: Hub, sign_in: SignIn) -> None:
    """Forget all of a sign-in that has ended but its form: the page of its end leads back there."""
    kept = await kept_in(tx, hub, sign_in)
    await remove_secrets(tx, sign_in.id)
    await keep(tx, hub, sign_in, Kept({}, kept.form))


async def kept_of(hub: Hub, sign_in: SignIn) -> Kept:
    async with hub.db.read(sign_in.project_id) as tx:
        return await kept_in(tx, hub, sign_in)


def _owner(sign_in: SignIn) -> SecretOwner:
    return SecretOwner(sign_in.project_id, sign_in.id, 1)
