"""Operator's setup values of an auth method, such as an OAuth client; sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.connectors.address_change import address_changes
from jackfield.connectors.auth import AuthMethod
from jackfield.kit.ids import ProjectId
from jackfield.profiles.models import Profile
from jackfield.runtime import Hub
from jackfield.secrets.store import SealedBundle, SecretOwner, open_bundle
from jackfield.vault.cipher import Vault


@dataclass(frozen=True, slots=True)
class Setup:
    """A profile's setup in clear: never store, log or return it. `secrets` are among `values`."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: tuple[str, ...] = ()


NO_SETUP: Final = Setup()


def secret_names(method: AuthMethod) -> frozenset[str]:
    return frozenset(each.key for each in method.setup_fields if each.secret)


def owner_of(project_id: ProjectId, profile: Profile) -> SecretOwner:
    return SecretOwner(project_id, profile.id, profile.generation)


def open_setup(vault: Vault, bundle: SealedBundle, profile: Profile) -> Setup:
    """
    Open a profile's secrets, and join them with the rest of the setup.

    Raises:
        SealBroken: they were not sealed for this profile and generation.
    """
    if not bundle.fields:
        return Setup(profile.setup) if profile.setup else NO_SETUP
    secrets = open_bundle(vault, bundle)
    return Setup({**profile.setup, **secrets}, tuple(secrets.values()))


def leads_elsewhere(hub: Hub, profile: Profile, before: Setup, after: Setup) -> bool:
    """Tell whether another setup under a profile's accounts changes where requests go."""
    if before == after:
        return False
    connector = hub.catalog.find(profile.connector_key, profile.pinned_version)
    method = None if connector is None else connector.find_auth_method(profile.auth_method)
    return (
        connector is not None
        and method is not None
        and address_changes(
            method.setup_fields,
            connector.compiled.address_credentials,
            before=before.values,
            after=after.values,
        )
    )
