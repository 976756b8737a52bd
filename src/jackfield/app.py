"""The composition root of an installation: from its settings to the `Hub` with all its parts.

Without what serves it to others (`asgi.py`), which commands of an operator do without.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from jackfield.audit.pushes.models import Sink, SinkSecrets
from jackfield.audit.tallies import Tallies
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.loading.cache import cache_folder
from jackfield.connectors.loading.reader_process import ReaderProcess
from jackfield.db.project_cache import ProjectCache
from jackfield.db.server_clock import ServerClock
from jackfield.db.tx import DatabaseMoved
from jackfield.db.write_buffer import WriteBuffer
from jackfield.egress import rewrite
from jackfield.egress.client import Egress
from jackfield.engine.limits import Limiter
from jackfield.engine.provider_clocks import ProviderClocks
from jackfield.engine.response_cache import ResponseCache
from jackfield.engine.run_context import Sleep
from jackfield.installation import find_catalog, open_database, require_version
from jackfield.kit.actor import Actor
from jackfield.kit.breaker import Breaker
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.counters import Counters
from jackfield.kit.errors import HubError
from jackfield.kit.leased_tokens import LeasedTokenBuckets
from jackfield.kit.limit_exchange import LimitExchange
from jackfield.kit.limit_store import LimitStore
from jackfield.kit.rate_limit import TokenBuckets
from jackfield.kit.recent_writes import RecentWrites
from jackfield.kit.single_flight import SingleFlight
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.secrets.keys.watch import leave, open_keys
from jackfield.settings import InvalidSetting, Settings
from jackfield.uploads import publication
from jackfield.vault.held_keys import HeldKeys
from jackfield.vault.keyring_store import KeyringStore
from jackfield.worker.audit import seal_due
from jackfield.worker.connectors import log_findings

if TYPE_CHECKING:
    from jackfield.traces.tracer import OtlpTracer

_ACTOR = Actor.worker("startup")
_log = structlog.get_logger()


@asynccontextmanager
async def open_hub(  # noqa: PLR0913 - all but the settings are seams, and are named
    settings: Settings,
    *,
    public_url: str,
    clock: Clock = system_clock,
    sleep: Sleep = asyncio.sleep,
    catalog: Catalog | None = None,
    creates: bool = True,
    store: KeyringStore | None = None,
    joins: bool | None = None,
    reader: ReaderProcess | None = None,
) -> AsyncGenerator[Hub]:
    """
    Open the installation that `settings` describe, and close it at the end of the block.

    `catalog` replaces the connectors of the settings' folders, and `store` is the place of the
    keyring, where that was opened before. With `creates`, what is missing is
    made: on SQLite the database, brought to this version; the keyring, the default project, and
    the profiles that need nothing from an operator. Without it, nothing is made or changed. A process
    that `joins`, by default one that creates, is waited for when keys are rotated: it runs long.
    `reader`, which is closed, reads the connectors in its place, for the memory.

    Raises:
        NoInstallation: there is none, and `creates` is not set.
        DatabaseUnusable: the data directory or the database cannot be used.
        KeyringUnusable: the vault's keys are missing, damaged, or those of another database.
        InvalidRewrite: the provider rewrite is malformed.
    """
    joins = creates if joins is None else joins
    rewrites = rewrite.parse(settings.provider_rewrite)
    if settings.database_url is not None and clock is system_clock:
        clock = ServerClock(clock)
    cache = ProjectCache()
    counters = None if settings.metrics is None else Counters()
    async with open_database(
        settings, clock=clock, cache=cache, counters=counters, creates=creates
    ) as db:
        if creates and settings.database_url is None:
            await db.migrate()
        else:
            await require_version(db)
        if isinstance(clock, ServerClock):
            await clock.follow(db)
        if catalog is None:
            catalog = find_catalog(
                settings,
                cache=cache_folder(settings.data_dir),
                # A command leaves no files where the hub runs as another user.
                fills_cache=joins and settings.data_dir.is_dir(),
            )
            catalog.load(process=reader)
        exchange = _limit_exchange(settings, counters)
        egress = Egress(
            rewrites=rewrites,
            allow_private=settings.allow_private_networks,
            proxy=settings.egress_proxy,
        )
        write_buffer, renewals = WriteBuffer(db), SingleFlight()
        tracer = _tracer() if settings.traces else None
        hub: Hub | None = None
        held: HeldKeys | None = None
        try:
            vault, held = await open_keys(
                db, settings, clock, creates=creates, joins=joins, store=store
            )
            hub = Hub(
                db=db,
                vault=vault,
                held_keys=held if joins else None,
                egress=egress,
                catalog=catalog,
                write_buffer=write_buffer,
                tallies=Tallies(write_buffer, clock),
                audit_retention=timedelta(days=settings.audit_days),
                sinks=[Sink.parse(each) for each in settings.audit_push],
                sink_secrets=SinkSecrets(settings.audit_push_token, settings.audit_push_store_key),
                trusted_proxies=settings.trusted_proxies,
                public_url=(settings.public_url or public_url).rstrip("/"),
                rewrites=rewrites,
                clock=clock,
                sleep=sleep,
                response_cache=ResponseCache(clock),
                limiter=Limiter(
                    now=time.monotonic,
                    sleep=sleep,
                    exchange=exchange,
                    on_wait=None if counters is None else counters.limiter_waits.observe,
                ),
                limit_exchange=exchange,
                counters=counters,
                metrics=settings.metrics,
                tracer=tracer,
                recent_writes=RecentWrites(clock),
                cache=cache,
                clocks=ProviderClocks(_warn_of_skew),
                renewals=renewals,
                token_hosts=Breaker(clock),
                oidc=settings.oidc,
                sso_only=settings.sso_only,
                public_docs=settings.public_docs,
                rate_limit=_rate_limit(settings, exchange),
            )
            await publication.follow(hub)
            if creates:
                await projects.ensure_first_project(hub, _ACTOR)
                await publication.offer(hub, _ACTOR)
            _log_warnings(settings, hub)
            yield hub
        finally:
            await renewals.close()
            await write_buffer.close()
            if hub is not None and creates:
                await _sign_audit_log(hub)
            if held is not None and joins:
                await leave(db, held)
            await egress.close()
            if exchange is not None:
                await exchange.close()
            if tracer is not None:
                await tracer.close()


async def _sign_audit_log(hub: Hub) -> None:
    """Leave no record unsigned, where that is possible: the next process would do it."""
    try:
        await seal_due(hub)
    except DatabaseMoved:
        # What was written here is there, and the hub there does it.
        return
    except HubError as error:
        _log.warning("audit_log_not_signed", detail=error.detail)


def _limit_exchange(settings: Settings, counters: Counters | None) -> LimitExchange | None:
    """
    Return how this process shares limits with those of other machines, if there may be some.

    Raises:
        InvalidSetting: the store that is set cannot be used.
    """
    if settings.limits_url is not None:
        try:
            from jackfield.db.redis_limits import RedisLimits  # noqa: PLC0415 - an extra

            store: LimitStore = RedisLimits(settings.limits_url)
        except ImportError as error:
            msg = (
                f"JACKFIELD_LIMITS_URL: {error.name} is not installed; install the packages of "
                "requirements-redis.lock, or leave it out"
            )
            raise InvalidSetting(msg) from error
        except (ValueError, TypeError):
            # Not chained and not quoted: it may have a password in it.
            msg = (
                "JACKFIELD_LIMITS_URL: it cannot be read; expected such as "
                "redis://:password@host:6379/0, in which `/`, `?`, `#`, `@`, `[` and `%` of a "
                "password are `%2F`, `%3F`, `%23`, `%40`, `%5B` and `%25`"
            )
            raise InvalidSetting(msg) from None
    elif settings.database_url is not None:
        from jackfield.db.postgres_limits import PostgresLimits  # noqa: PLC0415 - as its driver

        store = PostgresLimits(settings.database_url, keeps_sessions=not settings.database_pooler)
    else:
        return None

    def note(is_away: bool) -> None:
        if counters is not None:
            counters.limits_alone.add(by=1 if is_away else -1)

    return LimitExchange(store, now=time.monotonic, on_change=note)


def _rate_limit(
    settings: Settings, exchange: LimitExchange | None
) -> TokenBuckets | LeasedTokenBuckets | None:
    if settings.rate_limit is None:
        return None
    own = TokenBuckets(settings.rate_limit)
    return own if exchange is None else LeasedTokenBuckets(own, exchange)


def _tracer() -> "OtlpTracer":
    try:
        from jackfield.traces.tracer import OtlpTracer  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = (
            f"JACKFIELD_TRACES: {error.name} is not installed; install the packages of "
            "requirements-otel.lock, or leave it out"
        )
        raise InvalidSetting(msg) from error
    return OtlpTracer()


def _warn_of_skew(host: str, ahead: timedelta) -> None:
    _log.warning("clock_skew", host=host, seconds=round(ahead.total_seconds()))


def _log_warnings(settings: Settings, hub: Hub) -> None:
    for origin, target in hub.rewrites.targets.items():
        _log.warning("provider_rewritten", origin=origin, target=target)
    if settings.allow_private_networks:
        _log.warning("private_networks_allowed")
    log_findings(hub)
