"""Errors of the PostgreSQL driver, and those of ours that they become."""

import re
import ssl
from collections.abc import Awaitable, Callable, Collection, Generator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

import asyncpg

from jackfield.db.postgres_hosts import NOT_YET, tls_error
from jackfield.db.tx import (
    DatabaseAway,
    DatabaseBusy,
    DatabaseNotWritable,
    DatabaseUnreachable,
    DatabaseUnusable,
    DeletedMeanwhile,
    InvalidText,
)

# All that the driver may say, but for errors of the network.
REFUSALS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_CONNECT_SECONDS: Final = 10
# A lock or a statement takes longer than is waited for; or two transactions do not go together.
_BUSY: Final = (
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    TimeoutError,
)
# The server is stopped, starts, refuses connections, or has no room.
_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.PostgresSystemError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
_NOT_WRITABLE: Final = (asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError)
# The next transaction has another session, in which nothing was prepared, or something else was.
_NO_SESSION: Final = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)
_ABOUT_FILES: Final = (ssl.SSLError, FileNotFoundError, PermissionError, IsADirectoryError)
_FILES: Final = frozenset({"sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"})
_NO_TLS: Final = "rejected SSL upgrade"
_GONE: Final = re.compile(r"clos(?:ed|ing)|released back")

T = TypeVar("T")


async def connected(connect: Callable[..., Awaitable[T]], url: str, **options: Any) -> T:
    """
    Return what `connect` of the driver returns for `url`.

    Raises:
        DatabaseUnreachable: the server does not take connections at present.
        DatabaseUnusable: it rejects this one.
    """
    try:
        return await connect(url, timeout=_CONNECT_SECONDS, **options)
    except (*REFUSALS, OSError) as error:
        # The URL holds a password and stays out of the message.
        said = tls_error(error) or error
        files = _files_of(url, said)
        is_ours = isinstance(said, ssl.SSLError) or files or _NO_TLS in str(said)
        if isinstance(said, asyncpg.ConnectionDoesNotExistError):
            # So may the refusal of a client's certificate look, or the end of the server.
            files = _named(url, {"sslcert"})
        msg = f"cannot connect to the PostgreSQL database: {said}{files}"
        is_away = isinstance(error, NOT_YET) and not is_ours
        raise (DatabaseUnreachable if is_away else DatabaseUnusable)(msg) from error
    except (ValueError, OverflowError):
        # Not chained and not quoted: what was taken for a port may be a part of the password.
        msg = (
            "cannot connect to the PostgreSQL database: its URL cannot be read; a port is a number "
            "up to 65535, and `/`, `?`, `#`, `@`, `[` and `%` in a password are `%2F`, `%3F`, "
            "`%23`, `%40`, `%5B` and `%25`"
        )
        raise DatabaseUnusable(msg) from None


@contextmanager
def translated_errors() -> Generator[None]:
    """Turn what the driver says of the server and its locks into errors of ours."""
    try:
        yield
    except asyncpg.CharacterNotInRepertoireError:
        # Not chained: the cause could quote what was sent.
        raise InvalidText from None
    except asyncpg.ForeignKeyViolationError as error:
        raise DeletedMeanwhile from error
    except _NOT_WRITABLE as error:
        raise DatabaseNotWritable from error
    except _BUSY as error:
        raise DatabaseBusy from error
    except _NO_SESSION as error:
        msg = (
            "a pooler between the hub and PostgreSQL does not keep sessions; set "
            "JACKFIELD_DATABASE_POOLER=1"
        )
        raise DatabaseUnusable(msg) from error
    except (OSError, *_AWAY) as error:
        raise DatabaseAway from error
    except asyncpg.InternalClientError as error:
        # The connection broke in the middle of something.
        raise DatabaseAway from error
    except asyncpg.InterfaceError as error:
        # What the driver refuses by itself is a fault of ours, unless the connection is gone.
        if _GONE.search(str(error)) is None:
            raise
        raise DatabaseAway from error


def _files_of(url: str, error: Exception) -> str:
    """Return the files that a URL names, if one may be to blame: the error does not say which."""
    if not isinstance(error, _ABOUT_FILES):
        return ""
    return _named(url, _FILES)


def _named(url: str, parameters: Collection[str]) -> str:
    named = [
        f"{name}={file}" for name, file in parse_qsl(urlsplit(url).query) if name in parameters
    ]
    return f" ({', '.join(named)})" if named else ""
