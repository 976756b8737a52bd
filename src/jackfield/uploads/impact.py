"""Consequences of a version of a connector for the profiles of a project, and their accounts."""

from dataclasses import dataclass

from jackfield.accounts.repo import Accounts
from jackfield.connectors.changes import hosts_of, lost_actions, methods_to_relink
from jackfield.connectors.connector import Connector
from jackfield.db.tx import Tx
from jackfield.profiles.models import Profile, ProfilePage
from jackfield.profiles.repo import Profiles

_MOST_PROFILES = 1000


@dataclass(frozen=True, slots=True)
class ProfileImpact:
    """
    What becomes of a profile.

    `relink` says why its accounts would have to be linked again, `hosts` are new ones that would be
    sent their credentials, `lost` are allowed actions that are gone. It `stays` on the version that
    runs if it is pinned, and if one of the first two is so.
    """

    profile: Profile
    accounts: int
    relink: str | None
    hosts: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def stays(self) -> bool:
        return self.profile.pinned_version is not None or self.must_stay

    @property
    def must_stay(self) -> bool:
        """Whether its accounts would break, or their credentials go where they never went."""
        return self.accounts > 0 and (self.relink is not None or bool(self.hosts))


async def impact_of(tx: Tx, before: Connector, after: Connector) -> tuple[ProfileImpact, ...]:
    """Return what a version means for each profile of the transaction's project."""
    relinked, gone = methods_to_relink(before, after), lost_actions(before, after)
    hosts = tuple(sorted(hosts_of(after) - hosts_of(before)))
    page = ProfilePage(size=_MOST_PROFILES, connector_key=before.key)
    return tuple(
        [
            ProfileImpact(
                profile,
                await Accounts(tx).count_of_profile(profile.id),
                relinked.get(profile.auth_method),
                hosts,
                tuple(each for each in profile.allowed_actions or () if each in gone),
            )
            for profile in await Profiles(tx).page(page)
        ]
    )
