"""Connecting to the first of a URL's servers that will have it, however the others fail."""

import ssl
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import asyncpg
from asyncpg import connect_utils

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

# Of a connection that is asked for: it may be had later, or of another server. A server that does
# not write may be promoted.
NOT_YET: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TargetServerAttributeNotMatched,
    OSError,
)
_LAST_PORT: Final = 65535
# A server of whose machine nothing is left does not even refuse: it is asked after the others.
_silent: Final = set[str]()


class _Beginning(connect_utils.TLSUpgradeProto):
    """A connection whose server has not said yet whether it speaks TLS.

    Given up while it is made, it ends with an error that the driver has kept for nobody: asyncio
    would report it as one that nobody took.
    """

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self.on_data.cancelled():
            self.on_data.exception()


connect_utils.TLSUpgradeProto = _Beginning  # type: ignore[misc]
_driver: Any = connect_utils  # whose types leave out what is private
_connect_address = _driver._connect_addr  # noqa: SLF001


async def _connect_checked(*, addr: Any, **given: Any) -> Any:
    """
    Connect to one address, wherever the driver has read it: the URL, its environment or a file.

    Raises:
        OverflowError: its port is larger than 65535; uvloop would connect to that modulo 65536.
    """
    if isinstance(addr, tuple) and addr[1] > _LAST_PORT:
        msg = f"port must be 0-{_LAST_PORT}"
        raise OverflowError(msg)
    return await _connect_address(addr=addr, **given)


_driver._connect_addr = _connect_checked  # noqa: SLF001


async def connect(url: str, *, timeout: float, **options: Any) -> Connection:  # noqa: ASYNC109 - shared by the servers
    """Return a connection, as the driver does; each server has its share of the time."""
    urls = _urls(url)
    if len(urls) == 1:
        return await asyncpg.connect(url, timeout=timeout, **options)
    errors: list[Exception] = []
    for host, each in sorted(urls.items(), key=lambda item: item[0] in _silent):
        was_silent = True
        try:
            connection = await asyncpg.connect(each, timeout=timeout / len(urls), **options)
            was_silent = False
        except NOT_YET as error:
            was_silent = isinstance(error, TimeoutError)
            errors.append(error)
        except Exception:
            was_silent = False
            raise
        else:
            return connection
        finally:
            # A caller who gives up before the time is over has heard nothing, either.
            (_silent.add if was_silent else _silent.discard)(host)
    # What an operator must mend says more than that another server is away.
    raise next((each for each in errors if tls_error(each)), errors[-1])


def create_pool(url: str, **options: Any) -> Pool:
    """Return the driver's pool, whose connections are made so."""
    own: dict[str, Any] = {"connect": connect}
    return asyncpg.create_pool(url, **own, **options)


def tls_error(error: BaseException) -> ssl.SSLError | None:
    """Return what TLS says of a connection, if that is why there is none.

    A client's certificate is refused after the handshake: the driver knows only that it was cut off.
    """
    for each in (error, error.__cause__):
        # One that just ends says nothing of certificates: the server may have been stopped.
        if isinstance(each, ssl.SSLError) and not isinstance(each, ssl.SSLEOFError):
            return each
    return None


def _urls(url: str) -> dict[str, str]:
    """Return the URL of each server by its address."""
    parts = urlsplit(url)
    user, at, hosts = parts.netloc.rpartition("@")
    return {each: parts._replace(netloc=f"{user}{at}{each}").geturl() for each in hosts.split(",")}
