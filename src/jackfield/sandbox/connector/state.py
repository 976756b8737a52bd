"""Everything a running sandbox of a connector holds."""

from dataclasses import dataclass, field

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.connector.checks import Limits
from jackfield.sandbox.connector.faults import Faults
from jackfield.sandbox.connector.journal import Entry
from jackfield.sandbox.connector.provider import Provider
from jackfield.sandbox.connector.refusals import Refusals
from jackfield.sandbox.connector.store import Store
from jackfield.sandbox.journal import Journal
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.turnable_clock import TurnableClock


class Settings(Struct, forbid_unknown_fields=True):
    """How the sandbox behaves; `scopes` are those of keys, and null is all of them."""

    rate_limits: bool = True
    scopes: list[str] | None = None


@dataclass(eq=False, repr=False)
class State:
    provider: Provider
    authority: Authority
    url: str
    store: Store
    refusals: Refusals
    limits: Limits
    faults: Faults = field(default_factory=Faults)
    journal: Journal[Entry] = field(default_factory=Journal[Entry])
    settings: Settings = field(default_factory=Settings)

    @property
    def clock(self) -> TurnableClock:
        return self.authority.clock

    def reset(self) -> None:
        """Be as at the start; tokens that were given out go on."""
        self.store.clear()
        self.limits.clear()
        self.provider.doors.clear()
        self.faults.clear()
        self.journal.clear()
        self.settings = Settings()

    def describe(self) -> dict[str, Json]:
        """Say where the provider is, and what to fill in for it."""
        provider = self.provider
        return {
            "connector": provider.connector.key,
            "url": self.url,
            "provider_rewrite": ",".join(f"{each}={self.url}" for each in provider.origins),
            "auth_methods": {each.method.key: each.show() for each in provider.logins},
            "control": f"{self.url}/__sandbox__",
            "now": self.clock(),
        }


def start(provider: Provider, authority: Authority) -> State:
    """Return the state of a sandbox that has just begun."""
    return State(
        provider,
        authority,
        authority.issuer,
        Store(provider.resources),
        Refusals(provider),
        Limits(provider.connector),
    )
