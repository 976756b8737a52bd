"""Creation of decoys: accounts with an invented credential."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jackfield.accounts import service as accounts
from jackfield.accounts.credentials import NewCredentials
from jackfield.accounts.decoys.invention import invent_tokens, invent_values
from jackfield.accounts.decoys.models import NoDecoyPossible
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.models import Account, AccountStatus, AccountType
from jackfield.db.tx import Tx
from jackfield.kit.ids import AccountId
from jackfield.profiles.models import ProfilePage
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub


@dataclass(frozen=True, slots=True)
class NewDecoy:
    """The account that a decoy looks like; `values` are those of its form that are no secrets."""

    provider: str
    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None = None
    label: str | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])


async def create(tx: Tx, hub: Hub, wanted: NewDecoy) -> Account:
    """
    Make an account with an invented credential, whose every use is an alarm.

    Raises:
        NoDecoyPossible: the project has no profile of the connector that is switched on.
    """
    page = ProfilePage(connector_key=wanted.provider, active=True)
    profiles = await Profiles(tx).page(page)
    connector = hub.catalog.find(wanted.provider)
    if not profiles or connector is None:
        raise NoDecoyPossible
    profile = next((each for each in profiles if each.is_default), profiles[0])
    method = connector.find_auth_method(profile.auth_method)
    if method is None:
        raise NoDecoyPossible
    account = Account(
        id=AccountId.new(tx.now),
        profile_id=profile.id,
        provider=connector.key,
        auth_method=method.key,
        environment=profile.environment,
        origin_owner_id=wanted.origin_owner_id,
        origin_owner_name=wanted.origin_owner_name,
        origin_username=wanted.origin_username,
        label=wanted.label,
        type=AccountType.PRODUCTION,
        shared=False,
        metadata={},
        public_values={},
        status=AccountStatus.ACTIVE,
        status_reasons=(),
        generation=1,
        created_at=tx.now,
        updated_at=tx.now,
    )
    secret = {each.key for each in method.config_fields if each.secret}
    shown = {name: value for name, value in wanted.values.items() if name not in secret}
    given = NewCredentials(method, {**invent_values(method), **shown}, invent_tokens(method))
    account = await accounts.add(tx, hub.vault, account, given, is_decoy=True)
    await Decoys(tx).add(account.id)
    return account
