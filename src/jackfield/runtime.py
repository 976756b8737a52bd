"""The running hub: long-lived parts, built once and passed along."""

import asyncio
import time
from dataclasses import dataclass, field

from jackfield.connectors.catalog import Catalog
from jackfield.db.project_cache import ProjectCache
from jackfield.db.tx import Database
from jackfield.db.write_buffer import WriteBuffer
from jackfield.egress.client import Egress
from jackfield.egress.rewrite import Rewrites
from jackfield.engine.limits import Limiter
from jackfield.engine.response_cache import ResponseCache
from jackfield.engine.run_context import Sleep
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.ids import ProjectId
from jackfield.kit.rate_limit import TokenBuckets
from jackfield.vault.cipher import Vault


@dataclass(frozen=True, slots=True)
class Hub:
    """Everything a request may need. `public_url` has no slash at its end."""

    db: Database
    vault: Vault
    egress: Egress
    catalog: Catalog
    write_buffer: WriteBuffer
    public_url: str
    rewrites: Rewrites = field(default_factory=Rewrites)
    clock: Clock = system_clock
    sleep: Sleep = asyncio.sleep
    # Keeps accounts to what their providers take.
    limiter: Limiter = field(default_factory=lambda: Limiter(now=time.monotonic))
    # Answers of providers that a connector says may be given again.
    response_cache: ResponseCache = field(default_factory=lambda: ResponseCache(system_clock))
    cache: ProjectCache = field(default_factory=ProjectCache)
    # How often each API key may ask, if that is bounded.
    rate_limit: TokenBuckets | None = None
    # Which project an API key's digest was last seen to speak for; whether it still does is in
    # the project's cache entries.
    key_projects: dict[bytes, ProjectId] = field(default_factory=dict[bytes, ProjectId])
