"""The running hub: long-lived parts, built once and passed along."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from jackfield.audit.pushes.models import Sink, SinkSecrets
from jackfield.audit.tallies import Tallies
from jackfield.connectors.catalog import Catalog
from jackfield.db.project_cache import ProjectCache
from jackfield.db.tx import Database
from jackfield.db.write_buffer import WriteBuffer
from jackfield.egress.client import Egress
from jackfield.egress.rewrite import Rewrites
from jackfield.engine.limits import Limiter
from jackfield.engine.provider_clocks import ProviderClocks
from jackfield.engine.response_cache import ResponseCache
from jackfield.engine.run_context import Sleep
from jackfield.kit.breaker import Breaker
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.counters import Counters
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.kit.leased_tokens import LeasedTokenBuckets
from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.open_streams import OpenStreams
from jackfield.kit.rate_limit import TokenBuckets
from jackfield.kit.recent_writes import RecentWrites
from jackfield.kit.shared_buckets import SharedTokenBuckets
from jackfield.kit.single_flight import SingleFlight
from jackfield.kit.spans import Tracer
from jackfield.oidc_settings import OidcSettings
from jackfield.settings import AUDIT_DAYS, ListenRange, Networks
from jackfield.vault.cipher import Vault
from jackfield.vault.held_keys import HeldKeys


@dataclass(frozen=True, slots=True)
class Hub:
    """The long-lived parts of the process. `public_url` has no trailing slash."""

    db: Database
    vault: Vault
    egress: Egress
    catalog: Catalog
    write_buffer: WriteBuffer
    # What is counted for the audit log, and how long that is kept.
    tallies: Tallies
    public_url: str
    rewrites: Rewrites = field(default_factory=Rewrites)
    clock: Clock = system_clock
    sleep: Sleep = asyncio.sleep
    # Where the vault's keys come from, for a process that follows them.
    held_keys: HeldKeys | None = None
    # Rate limits of providers, per account.
    limiter: Limiter = field(default_factory=lambda: Limiter(now=time.monotonic))
    # How they, and those of API keys, are shared with other machines, if they are.
    limit_exchange: LimitExchange | None = None
    # Responses of providers that a connector declares cacheable.
    response_cache: ResponseCache = field(default_factory=lambda: ResponseCache(system_clock))
    # Writes that a client may send again because it never learned what became of them.
    recent_writes: RecentWrites = field(default_factory=lambda: RecentWrites(system_clock))
    cache: ProjectCache = field(default_factory=ProjectCache)
    # The clocks of providers, which signatures are dated by.
    clocks: ProviderClocks = field(default_factory=ProviderClocks)
    # Renewals of tokens that are under way, and the hosts of the endpoints they ask.
    renewals: SingleFlight = field(default_factory=SingleFlight)
    token_hosts: Breaker = field(default_factory=lambda: Breaker(system_clock))
    # Live streams of logs.
    open_streams: OpenStreams = field(default_factory=OpenStreams)
    # What this process counts, and where it answers with it; nothing if it does not.
    counters: Counters | None = None
    metrics: ListenRange | None = None
    # Where spans of runs are sent, if they are.
    tracer: Tracer | None = None
    # The identity provider that members sign in at, whether they may not otherwise, and what was
    # fetched of it.
    oidc: OidcSettings | None = None
    sso_only: bool = False
    oidc_documents: dict[str, tuple[float, Json]] = field(
        default_factory=dict[str, tuple[float, Json]]
    )
    # The sinks that the log is pushed to, and what they are authenticated to with.
    sinks: Sequence[Sink] = ()
    sink_secrets: SinkSecrets = field(default_factory=SinkSecrets, repr=False)
    audit_retention: timedelta = timedelta(days=AUDIT_DAYS)
    # The networks whose hosts say what address a request comes from, as they stand before the hub.
    trusted_proxies: Networks = ()
    # Whether strangers may read the reference of the API and of connectors.
    public_docs: bool = True
    # The rate limit per API key, if there is one.
    rate_limit: TokenBuckets | SharedTokenBuckets | LeasedTokenBuckets | None = None
    # The project of an API key, by the key's digest; whether the key is still valid is in the
    # project's cache entries.
    key_projects: dict[bytes, ProjectId] = field(default_factory=dict[bytes, ProjectId])
    # Until when the use of an account need not be noted again, by its id.
    noted_uses: dict[str, float] = field(default_factory=dict[str, float])
