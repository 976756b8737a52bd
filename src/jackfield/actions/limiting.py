"""Asking a provider no faster than its connector says it can be asked, account by account."""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from jackfield.engine.limits import Limits
from jackfield.runtime import Hub


@dataclass(frozen=True, slots=True)
class ProviderGate:
    """
    The gate (see `jackfield.engine.ports.Gate`) between an account's runs and its provider.

    What an operator sends elsewhere is no longer the provider's: its limits do not hold there.
    """

    hub: Hub
    account_id: str
    limits: Limits

    def enter(self, url: str) -> AbstractAsyncContextManager[None]:
        if self.hub.rewrites.rewrite(url) is not None:
            return nullcontext()
        return self.hub.limiter.turn(self.account_id, self.limits, url)
