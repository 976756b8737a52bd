"""An operator's own values for an auth method, such as an OAuth client: sealed and open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.connectors.auth import AuthMethod
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.profiles.models import Profile
from jackfield.vault.cipher import Binding, Vault


@dataclass(frozen=True, slots=True)
class Setup:
    """A profile's setup in clear: never to be kept, logged or returned. `secrets` are in it."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: tuple[str, ...] = ()


NO_SETUP: Final = Setup()


def secret_names(method: AuthMethod) -> frozenset[str]:
    return frozenset(each.key for each in method.setup_fields if each.secret)


def seal_setup(
    vault: Vault, secrets: Mapping[str, str], *, project_id: ProjectId, profile: Profile
) -> dict[str, bytes]:
    """Seal `secrets` for the generation that `profile` is at."""
    return {
        name: vault.seal(Secret(value), _binding(project_id, profile, name))
        for name, value in secrets.items()
    }


def open_setup(
    vault: Vault, sealed: Mapping[str, bytes], *, project_id: ProjectId, profile: Profile
) -> Setup:
    """
    Open what `seal_setup` made, and join it with what of the setup is no secret.

    Raises:
        SealBroken: it is not what was sealed for this profile and generation.
    """
    if not sealed:
        return Setup(profile.setup) if profile.setup else NO_SETUP
    secrets = {
        name: vault.open(value, _binding(project_id, profile, name)).reveal()
        for name, value in sealed.items()
    }
    return Setup({**profile.setup, **secrets}, tuple(secrets.values()))


def _binding(project_id: ProjectId, profile: Profile, name: str) -> Binding:
    return Binding(project_id, profile.id, name, profile.generation)
