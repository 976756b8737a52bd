"""Operations on connector profiles: create, change, pin a version, remove."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

from jackfield.audit.models import AuditKind
from jackfield.connectors.address_change import secrets_to_retype
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault
from jackfield.kit.ids import ProfileId, ProjectId
from jackfield.kit.json import Json
from jackfield.profiles.audit import record_profile
from jackfield.profiles.events import announce
from jackfield.profiles.models import (
    ConnectorVersionNotFound,
    DefaultProfileRequired,
    InvalidProfile,
    Profile,
    ProfileTerms,
)
from jackfield.profiles.oauth_clients import forget_clients
from jackfield.profiles.repo import Profiles
from jackfield.profiles.setup import Setup, open_setup, owner_of, secret_names
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedSecrets, remove_secrets
from jackfield.vault.cipher import SealBroken

PROXY: Final = "proxy"
_PRODUCTION: Final = "production"


async def ensure_defaults(hub: Hub, project_id: ProjectId, actor: Actor) -> None:
    """
    Create a default profile for each connector that needs nothing from the operator.

    A connector that ever had a profile gets none, so that a deleted profile stays deleted.
    """
    ready = {
        connector.key: method
        for connector in hub.catalog.connectors()
        # One that was uploaded is switched on by itself for the project it belongs to.
        if connector.is_offered and hub.catalog.owner_of(connector.key) in (None, project_id)
        for method in connector.auth_methods[::-1]
        if method.ready
    }
    async with hub.db.read(project_id) as tx:
        missing = ready.keys() - await Profiles(tx).known_connectors()
    if not missing:
        return
    async with hub.db.write(project_id, actor) as tx:
        for key in sorted(missing):
            connector, method = hub.catalog.get(key), ready[key]
            terms = ProfileTerms(key, is_default=True)
            profile = _new(tx, terms, connector=connector, method=method)
            if await Profiles(tx).add(profile):
                await Profiles(tx).see_version(key, connector.version)
                await announce(tx, EventType.CONNECTOR_PROFILE_CREATED, profile)
                await record_profile(tx, AuditKind.PROFILE_CREATED, None, profile)


async def create(tx: Tx, hub: Hub, terms: ProfileTerms) -> Profile:
    """
    Create a profile of a connector; its first one is the default.

    Raises:
        ConnectorNotFound: there is no such connector.
        InvalidProfile: the connector has no such auth method or action, or the setup is invalid.
    """
    connector = hub.catalog.get(terms.connector_key)
    method = _method(connector, terms.auth_method)
    values = _checked_setup(method, terms.setup)
    faults = [
        *_unknown_actions(connector, terms.allowed_actions),
        *_unknown_environment(method, terms.environment),
    ]
    _require(faults)
    secret = secret_names(method)
    profile = replace(
        _new(tx, terms, connector=connector, method=method),
        setup={name: value for name, value in values.items() if name not in secret},
    )
    if await Profiles(tx).find_default(connector.key) is None:
        profile = replace(profile, is_default=True)
    elif profile.is_default:
        await Profiles(tx).clear_default(connector.key)
    await Profiles(tx).add(profile)
    await Profiles(tx).see_version(connector.key, connector.version)
    await tx.touch()
    secrets = {name: value for name, value in values.items() if name in secret}
    await _seal(tx, hub, profile, secrets)
    await announce(tx, EventType.CONNECTOR_PROFILE_CREATED, profile)
    await record_profile(tx, AuditKind.PROFILE_CREATED, None, profile)
    return profile


async def change(
    tx: Tx, hub: Hub, profile_id: str, values: Mapping[str, Json]
) -> tuple[Profile, Profile]:
    """
    Change a profile, `values` by field name, and return it as it was and as it is now.

    `setup` is merged into the present one; a value of `None` removes the field.

    Raises:
        ProfileNotFound: the project has no such profile.
        InvalidProfile: it would no longer fit its connector.
        DefaultProfileRequired: it is the default, and there would be none.
    """
    before = await Profiles(tx).get(profile_id)
    connector = hub.catalog.get(before.connector_key, before.pinned_version)
    changes = dict(values)
    if changes.get("is_default") is False and before.is_default:
        raise DefaultProfileRequired
    _require(_unknown_actions(connector, changes.get("allowed_actions")))
    setup: Mapping[str, Json] | None = changes.pop("setup", None)
    profile = replace(before, **changes, updated_at=tx.now)
    if setup is not None:
        profile = await _change_setup(tx, hub, profile, connector=connector, changes=setup)
    if profile.is_default and not before.is_default:
        await Profiles(tx).clear_default(connector.key)
    await Profiles(tx).save(profile)
    await announce(tx, EventType.CONNECTOR_PROFILE_UPDATED, profile)
    await record_profile(tx, AuditKind.PROFILE_CHANGED, before, profile)
    return before, profile


async def remove(tx: Tx, profile: Profile) -> None:
    """Delete a profile without accounts; if it was the default, another one becomes it."""
    await remove_secrets(tx, profile.id)
    await forget_clients(tx, profile.id)
    await Profiles(tx).remove(profile.id)
    if profile.is_default:
        await Profiles(tx).choose_default(profile.connector_key)
    await announce(tx, EventType.CONNECTOR_PROFILE_DELETED, profile)
    await record_profile(tx, AuditKind.PROFILE_DELETED, profile, None)


async def pin(tx: Tx, hub: Hub, profile_id: str, version: str | None) -> Profile:
    """
    Pin a profile to a version of its connector; `None` unpins it.

    Raises:
        ProfileNotFound: the project has no such profile.
        ConnectorVersionNotFound: the hub does not have this version.
    """
    before = await Profiles(tx).get(profile_id)
    if version not in (None, *hub.catalog.versions(before.connector_key)):
        known = ", ".join(hub.catalog.versions(before.connector_key))
        msg = f"the hub has {known} of {before.connector_key!r}, and no other version"
        raise ConnectorVersionNotFound(msg)
    profile = replace(before, pinned_version=version, updated_at=tx.now)
    await Profiles(tx).save(profile)
    await announce(tx, EventType.CONNECTOR_PROFILE_UPDATED, profile)
    await record_profile(tx, AuditKind.PROFILE_CHANGED, before, profile)
    return profile


async def setup_of(tx: Tx, hub: Hub, profile: Profile) -> Setup:
    """Return a profile's setup in clear."""
    sealed = await SealedSecrets(tx, hub.vault).sealed(owner_of(tx.project_id, profile))
    return open_setup(hub.vault, sealed, profile)


async def current_setup_of(tx: Tx, hub: Hub, profile_id: ProfileId) -> Setup:
    """
    Return a profile's setup as it is now, whatever it was when the profile was read.

    Raises:
        ProfileNotFound: it was deleted.
    """
    return await setup_of(tx, hub, await Profiles(tx).get(profile_id))


async def readable_setup_of(tx: Tx, hub: Hub, profile: Profile) -> Setup:
    """Return what can still be read of a profile's setup: damaged secrets must be given again."""
    try:
        return await setup_of(tx, hub, profile)
    except SealBroken:
        return Setup(profile.setup)


async def _change_setup(
    tx: Tx, hub: Hub, profile: Profile, *, connector: Connector, changes: Mapping[str, Json]
) -> Profile:
    method = _method(connector, profile.auth_method)
    before = (await readable_setup_of(tx, hub, profile)).values
    merged = {name: value for name, value in {**before, **changes}.items() if value is not None}
    values, secret = _checked_setup(method, merged), secret_names(method)
    _require(
        secrets_to_retype(
            method.setup_fields,
            connector.compiled.address_credentials,
            before=before,
            after=values,
            typed={name for name, value in changes.items() if value},
            root="setup",
        )
    )
    profile = replace(
        profile,
        setup={name: value for name, value in values.items() if name not in secret},
        generation=profile.generation + 1,
        client_refused_at=None,
    )
    await _seal(tx, hub, profile, {name: values[name] for name in values if name in secret})
    return profile


async def _seal(tx: Tx, hub: Hub, profile: Profile, secrets: Mapping[str, str]) -> None:
    await SealedSecrets(tx, hub.vault).put(owner_of(tx.project_id, profile), secrets)


def _new(tx: Tx, terms: ProfileTerms, *, connector: Connector, method: AuthMethod) -> Profile:
    return Profile(
        id=ProfileId.new(tx.now),
        connector_key=connector.key,
        auth_method=method.key,
        name=terms.name or f"{connector.title} ({method.label})",
        active=terms.active,
        is_default=terms.is_default,
        created_at=tx.now,
        updated_at=tx.now,
        environment=terms.environment or _environment(method),
        allowed_actions=terms.allowed_actions,
    )


def _environment(method: AuthMethod) -> str:
    keys = [each.key for each in method.environments]
    return _PRODUCTION if _PRODUCTION in keys else keys[0]


def _method(connector: Connector, key: str | None) -> AuthMethod:
    """Return the auth method called `key`; by default the first that is ready, or the first."""
    if key is None:
        return next((each for each in connector.auth_methods if each.ready), _first(connector))
    method = connector.find_auth_method(key)
    if method is None:
        known = ", ".join(each.key for each in connector.auth_methods)
        raise _invalid(Fault("authentication_config_key", f"must be one of {known}"))
    return method


def _first(connector: Connector) -> AuthMethod:
    if not connector.auth_methods:
        raise _invalid(Fault("connector_key", "names a connector without an auth method"))
    return connector.auth_methods[0]


def _checked_setup(method: AuthMethod, values: Mapping[str, object]) -> dict[str, str]:
    checked = method.check_setup(values)
    _require(checked.faults)
    return checked.values


def _unknown_actions(connector: Connector, allowed: Iterable[str] | None) -> Iterator[Fault]:
    known = [action.id for action in connector.actions]
    for index, action_id in enumerate(allowed or ()):
        if action_id == f"{connector.key}_{PROXY}" or action_id in known:
            continue
        near = get_close_matches(action_id, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield Fault(f"allowed_actions[{index}]", f"is no action of {connector.key!r}{hint}")


def _unknown_environment(method: AuthMethod, key: str | None) -> Iterator[Fault]:
    known = [each.key for each in method.environments]
    if key is not None and key not in known:
        yield Fault("environment", f"must be one of {', '.join(known)}")


def _require(faults: Iterable[Fault]) -> None:
    if listed := tuple(faults):
        raise _invalid(*listed)


def _invalid(*faults: Fault) -> InvalidProfile:
    return InvalidProfile.of(faults)
