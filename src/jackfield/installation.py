"""The database, keyring and connectors of an installation, for commands that need nothing else."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from jackfield.db import copy_state
from jackfield.db.measurement import MeasuredDatabase
from jackfield.db.project_cache import ProjectCache
from jackfield.db.sqlite import SqliteDatabase
from jackfield.db.tx import Database, DatabaseUnusable
from jackfield.kit.clock import Clock, system_clock
from jackfield.kit.counters import Counters
from jackfield.kit.errors import HubError
from jackfield.settings import Settings, variable
from jackfield.vault.keyring_locations import open_store
from jackfield.vault.keyring_store import KeyringStore, Surroundings

if TYPE_CHECKING:
    from jackfield.connectors.catalog import Catalog
    from jackfield.connectors.signatures import Signers


class NoInstallation(HubError):
    """There is no hub here."""

    code = "no_installation"

    @classmethod
    def at(cls, folder: Path) -> Self:
        return cls(
            f"there is no hub in {str(folder.resolve())!r}; run this where the hub keeps its "
            "data, or set JACKFIELD_DATA_DIR or JACKFIELD_DATABASE_URL as for the hub. "
            "`jackfield serve` makes a new one"
        )


@asynccontextmanager
async def open_database(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    cache: ProjectCache | None = None,
    counters: Counters | None = None,
    creates: bool = False,
) -> AsyncGenerator[Database]:
    """
    Open the database that `settings` name; writes invalidate `cache`, `counters` measure it.

    Raises:
        NoInstallation: it is a SQLite file that is not there, and `creates` is not set.
        DatabaseUnusable: it, or the data directory, cannot be used, or the hub was moved.
    """
    if creates:
        _make_data_dir(settings.data_dir)
    elif settings.database_url is None and not has_database(settings):
        raise NoInstallation.at(settings.data_dir)
    on_touch = (cache or ProjectCache()).drop
    if settings.database_url is not None:
        # Kept out of the memory of a hub on SQLite.
        from jackfield.db.postgres import PostgresDatabase  # noqa: PLC0415

        db: Database = await PostgresDatabase.open(
            settings.database_url,
            clock=clock,
            on_touch=on_touch,
            connections=settings.database_pool,
            keeps_sessions=not settings.database_pooler,
        )
    else:
        copy_state.require_here(settings.sqlite_file)
        db = SqliteDatabase(settings.sqlite_file, clock=clock, on_touch=on_touch)
    try:
        yield db if counters is None else MeasuredDatabase(db, counters)
    finally:
        await db.close()


def has_database(settings: Settings) -> bool:
    """Tell whether there is a SQLite database where `settings` say."""
    try:
        return settings.sqlite_file.stat().st_size > 0
    except OSError:
        return False


def find_catalog(
    settings: Settings, *, cache: Path | None = None, fills_cache: bool = True
) -> "Catalog":
    """Return the catalog of a hub, not loaded yet: its own connectors, and the operator's."""
    # Loading it takes longer than most commands do.
    from jackfield.connectors.catalog import Catalog  # noqa: PLC0415
    from jackfield.connectors.loading.discovery import own_folder  # noqa: PLC0415

    folders = [own_folder(), *([settings.connectors] if settings.connectors else [])]
    return Catalog(
        folders,
        cache=cache,
        fills_cache=fills_cache,
        signers=signers_of(settings.connector_signers),
    )


def signers_of(keys: Iterable[str]) -> "Signers | None":
    """Return the signers with these public keys; none if there are no keys."""
    if not (known := frozenset(keys)):
        return None
    from jackfield.connectors.signatures import Signers  # noqa: PLC0415
    from jackfield.vault.ed25519 import is_signature  # noqa: PLC0415

    return Signers(known, is_signature)


def keyring_store(settings: Settings) -> KeyringStore:
    """
    Return the place of the keyring that `settings` name.

    Raises:
        KeyringUnusable: there is no such kind of place.
    """
    surroundings = Surroundings(
        variable, settings.data_dir, settings.keyring_secret, settings.wrapped_keyring
    )
    return open_store(settings.keyring_location, surroundings)


async def require_version(db: Database) -> None:
    """
    Make sure that a database fits this version of the hub.

    Raises:
        DatabaseUnusable: it does not, or not yet.
    """
    if await db.pending():
        msg = "the database is not at this version of the hub yet; run: jackfield migrate"
        raise DatabaseUnusable(msg)


def _make_data_dir(folder: Path) -> None:
    try:
        # Whatever folder is there already is its owner's: its mode is left alone.
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
        trial = folder / ".writable"
        trial.touch()
        # Another process may try at the same moment.
        trial.unlink(missing_ok=True)
    except OSError as error:
        msg = (
            f"the data directory {str(folder)!r} cannot be written: {error.strerror}; choose "
            "another with JACKFIELD_DATA_DIR, or give this user the right to write there"
        )
        raise DatabaseUnusable(msg) from error
