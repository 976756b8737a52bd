"""Permission probes of an account, run against its provider."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import structlog

from jackfield.accounts.access import AccountAccess, open_credentials
from jackfield.accounts.permissions.models import ProbeFinding, Verdict
from jackfield.accounts.provider import ProviderAccount, safe
from jackfield.accounts.verification import probe_context
from jackfield.connectors.permissions import PermissionProbe
from jackfield.kit import redaction
from jackfield.kit.errors import HubError, ProviderError
from jackfield.kit.json import Json
from jackfield.runtime import Hub

_SECONDS: Final = 15
_SECONDS_FOR_ALL: Final = 60
_AT_ONCE: Final = 4
_NOT_ALLOWED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

_log = structlog.get_logger()


async def probe(hub: Hub, access: AccountAccess) -> tuple[ProbeFinding, ...]:
    """Run every probe of the account's auth method, a few at once, and return the results."""
    account = ProviderAccount.of(access, open_credentials(hub, access))
    redaction.learn(account.credentials.redactor)
    slots = asyncio.Semaphore(_AT_ONCE)
    end = asyncio.get_running_loop().time() + _SECONDS_FOR_ALL

    async def run_in_time(each: PermissionProbe) -> ProbeFinding:
        try:
            async with asyncio.timeout_at(end), slots:
                return await _run(hub, access, account, each)
        except TimeoutError:
            return ProbeFinding(each.key, Verdict.UNKNOWN, "there was no time left to ask")

    return tuple(await asyncio.gather(*map(run_in_time, access.method.permissions)))


async def _run(
    hub: Hub, access: AccountAccess, account: ProviderAccount, each: PermissionProbe
) -> ProbeFinding:
    action: Mapping[str, Json] = {"steps": [each.request]}
    try:
        context = probe_context(hub, account, access.method, action, seconds=_SECONDS)
        await each.compiled.run(context)
    except ProviderError as error:
        return _judge(each, safe(error, account.credentials.redactor))
    except HubError as error:
        return ProbeFinding(each.key, Verdict.UNKNOWN, error.detail)
    if not each.reads:
        # It was meant to be refused, so it may have changed something: its author must know.
        _log.error("probe_not_refused", connector=account.connector.key, probe=each.key)
    return ProbeFinding(each.key, Verdict.ALLOWED)


def _judge(each: PermissionProbe, error: ProviderError) -> ProbeFinding:
    status = None if error.answer is None else error.answer.status
    if status in _NOT_ALLOWED:
        return ProbeFinding(each.key, Verdict.REFUSED, error.detail)
    if status in each.refusals:
        return ProbeFinding(each.key, Verdict.ALLOWED)
    return ProbeFinding(each.key, Verdict.UNKNOWN, error.detail)
