"""Operator settings: the only reader of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final, Self, TypeAlias

from jackfield import oidc_settings
from jackfield.kit.errors import HubError
from jackfield.kit.proxy_address import ProxyAddress
from jackfield.kit.secret import Secret
from jackfield.kit.urls import is_base
from jackfield.kit.whole_numbers import whole_number
from jackfield.oidc_settings import OidcSettings

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8080
DEFAULT_URL: Final = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
_PREFIX: Final = "JACKFIELD_"
_FILE: Final = "_FILE"
# Those that are secret, whole or in part: each can be in a file that `…_FILE` names.
SECRETS: Final = (
    "DATABASE_URL",
    "LIMITS_URL",
    "EGRESS_PROXY",
    "API_KEY",
    "KEYRING_SECRET",
    "BACKUP_PASSPHRASE",
    "BACKUP_KEY",
    "OIDC_CLIENT_SECRET",
    "AUDIT_PUSH_TOKEN",
    "AUDIT_PUSH_STORE_KEY",
)
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"", "0", "false", "no", "off"})
_LARGEST: Final = 999_999_999
# One listens, and one may wait for a lock.
_FEWEST_CONNECTIONS: Final = 3
_LEVELS: Final = ("debug", "info", "warning", "error")
_LISTEN_RANGE: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(\d{1,5})(?:-(\d{1,5}))?")
_PUBLIC_KEY: Final = re.compile(r"[0-9a-f]{64}")
_PORTS: Final = range(1, 65536)
AUDIT_DAYS: Final = 400
_LARGEST_DAYS: Final = 36_500

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class ListenRange:
    """A host, and the ports of which a process listens on the first that is free."""

    host: str
    ports: range


class InvalidSetting(HubError):
    """An environment variable has a value that cannot be used."""

    code = "invalid_setting"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of an installation; docs/reference/settings.md explains each."""

    data_dir: Path
    database_url: str | None = None
    database_pool: int = 10
    database_pooler: bool = False
    # In seconds.
    database_wait: int = 60
    keyring: str | None = None
    # The passphrase, PIN or token of what wraps the keyring.
    keyring_secret: Secret | None = None
    # Where the wrapped keyring is: a path, or `env:NAME`.
    wrapped_keyring: str | None = None
    # In seconds.
    keyring_wait: int = 60
    public_url: str | None = None
    connectors: Path | None = None
    # Public keys of Ed25519, in hexadecimal: connectors have to be signed by one of them.
    connector_signers: tuple[str, ...] = ()
    provider_rewrite: str = ""
    # True stands for every private network.
    allow_private_networks: bool | Networks = False
    # By which requests leave the network.
    egress_proxy: ProxyAddress | None = None
    # Whose `X-Forwarded-For` says where a request comes from.
    trusted_proxies: Networks = ()
    audit_days: int = AUDIT_DAYS
    # Addresses that the audit log is pushed to.
    audit_push: tuple[str, ...] = ()
    audit_push_token: Secret | None = None
    audit_push_store_key: Secret | None = None
    rate_limit: int | None = None
    limits_url: str | None = None
    public_docs: bool = True
    log_level: str = "info"
    metrics: ListenRange | None = None
    traces: bool = False
    url: str = DEFAULT_URL
    api_key: str | None = None
    backup_recipients: tuple[str, ...] = ()
    backup_passphrase: Secret | None = None
    backup_key: Secret | None = None
    oidc: OidcSettings | None = None
    sso_only: bool = False
    # Lets a debugger or profiler in, and core dumps out.
    debuggable: bool = False
    # The files that hold secret settings.
    secret_files: tuple[Path, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """
        Read the settings of this process.

        Raises:
            InvalidSetting: one of them is invalid.
        """
        source = os.environ if environ is None else environ  # noqa: TID251 - the one reader
        values = {
            name.removeprefix(_PREFIX): value.strip()
            for name, value in source.items()
            if name.startswith(_PREFIX)
        }
        values |= _from_files(values)
        return cls(
            data_dir=_path("JACKFIELD_DATA_DIR", values.get("DATA_DIR") or "jackfield-data"),
            database_url=_database_url(values.get("DATABASE_URL")),
            database_pool=_pool(values.get("DATABASE_POOL") or "10"),
            database_pooler=_switch("JACKFIELD_DATABASE_POOLER", values.get("DATABASE_POOLER", "")),
            database_wait=_seconds("JACKFIELD_DATABASE_WAIT", values.get("DATABASE_WAIT") or "60"),
            keyring=values.get("KEYRING") or None,
            keyring_secret=_secret(values.get("KEYRING_SECRET")),
            wrapped_keyring=values.get("WRAPPED_KEYRING") or None,
            keyring_wait=_seconds("JACKFIELD_KEYRING_WAIT", values.get("KEYRING_WAIT") or "60"),
            public_url=_url("JACKFIELD_PUBLIC_URL", values.get("PUBLIC_URL")),
            connectors=_folder("JACKFIELD_CONNECTORS", values.get("CONNECTORS")),
            connector_signers=public_keys(values.get("CONNECTOR_SIGNERS", "")),
            provider_rewrite=values.get("PROVIDER_REWRITE", ""),
            allow_private_networks=_networks(values.get("ALLOW_PRIVATE_NETWORKS", "")),
            egress_proxy=_egress_proxy(values.get("EGRESS_PROXY", "")),
            trusted_proxies=_proxies(values.get("TRUSTED_PROXIES", "")),
            audit_days=_days("JACKFIELD_AUDIT_DAYS", values.get("AUDIT_DAYS") or str(AUDIT_DAYS)),
            audit_push=tuple(values.get("AUDIT_PUSH", "").replace(",", " ").split()),
            audit_push_token=_secret(values.get("AUDIT_PUSH_TOKEN")),
            audit_push_store_key=_secret(values.get("AUDIT_PUSH_STORE_KEY")),
            public_docs=_switch("JACKFIELD_PUBLIC_DOCS", values.get("PUBLIC_DOCS") or "1"),
            rate_limit=_count("JACKFIELD_RATE_LIMIT", values.get("RATE_LIMIT", "")),
            limits_url=_limits_url(values.get("LIMITS_URL")),
            log_level=_level(values.get("LOG_LEVEL")),
            metrics=_listen_range(values.get("METRICS", "")),
            traces=_switch("JACKFIELD_TRACES", values.get("TRACES", "")),
            url=_url("JACKFIELD_URL", values.get("URL")) or DEFAULT_URL,
            api_key=values.get("API_KEY") or None,
            backup_recipients=tuple(values.get("BACKUP_TO", "").replace(",", " ").split()),
            backup_passphrase=_secret(values.get("BACKUP_PASSPHRASE")),
            backup_key=_secret(values.get("BACKUP_KEY")),
            oidc=(oidc := _oidc(values)),
            sso_only=_sso_only(values.get("SSO_ONLY", ""), oidc),
            debuggable=_switch("JACKFIELD_DEBUGGABLE", values.get("DEBUGGABLE", "")),
            secret_files=tuple(
                Path(file) for name in SECRETS if (file := values.get(f"{name}{_FILE}"))
            ),
        )

    @property
    def keyring_location(self) -> str:
        return self.keyring or str(self.data_dir / "keyring.json")

    @property
    def sqlite_file(self) -> Path:
        return self.data_dir / "jackfield.db"


def variable(name: str) -> str | None:
    """Return the environment variable that a setting such as `env:NAME` names."""
    return os.environ.get(name)  # noqa: TID251 - the one reader


def _from_files(values: Mapping[str, str]) -> dict[str, str]:
    """Return the secret settings that files hold, without the line break at their end."""
    named = {name: values.get(f"{name}{_FILE}") for name in SECRETS}
    return {
        name: _content(name, file, is_set=bool(values.get(name)))
        for name, file in named.items()
        if file
    }


def _content(name: str, file: str, *, is_set: bool) -> str:
    variable_ = f"{_PREFIX}{name}{_FILE}"
    if is_set:
        msg = f"{_PREFIX}{name} and {variable_} are both set; leave one of them out"
        raise InvalidSetting(msg)
    try:
        content = _path(variable_, file).read_text("utf-8").strip()
    except OSError as error:
        msg = f"{variable_}: {file!r} cannot be read: {error.strerror}"
        raise InvalidSetting(msg) from error
    except ValueError:
        # Not chained: the cause could quote what is in the file.
        msg = f"{variable_}: {file!r} is not text in UTF-8"
        raise InvalidSetting(msg) from None
    if not content:
        msg = f"{variable_}: {file!r} is empty"
        raise InvalidSetting(msg)
    return content


def _secret(value: str | None) -> Secret | None:
    return Secret(value) if value else None


def _oidc(values: Mapping[str, str]) -> OidcSettings | None:
    try:
        return oidc_settings.read(
            issuer=values.get("OIDC_ISSUER", ""),
            client_id=values.get("OIDC_CLIENT_ID", ""),
            client_secret=_secret(values.get("OIDC_CLIENT_SECRET")),
            domains=values.get("OIDC_DOMAINS", ""),
            role_claim=values.get("OIDC_ROLE_CLAIM") or "groups",
            role_map=values.get("OIDC_ROLE_MAP", ""),
        )
    except ValueError as error:
        raise InvalidSetting(str(error)) from None


def _sso_only(value: str, oidc: OidcSettings | None) -> bool:
    is_only = _switch("JACKFIELD_SSO_ONLY", value)
    if is_only and oidc is None:
        msg = "JACKFIELD_SSO_ONLY: without JACKFIELD_OIDC_ISSUER no member could sign in"
        raise InvalidSetting(msg)
    return is_only


def _path(name: str, value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        msg = f"{name}: {value!r} begins with a user's folder that does not exist"
        raise InvalidSetting(msg) from error


def _database_url(value: str | None) -> str | None:
    if not value:
        return None
    if not value.startswith(("postgresql://", "postgres://")):
        msg = "JACKFIELD_DATABASE_URL: expected postgresql://…; leave it out to use SQLite"
        raise InvalidSetting(msg)
    return value


def _limits_url(value: str | None) -> str | None:
    if not value:
        return None
    if not value.startswith(("redis://", "rediss://")):
        # Not quoted: it may have a password in it.
        msg = "JACKFIELD_LIMITS_URL: expected redis://… or rediss://…; leave it out to do without"
        raise InvalidSetting(msg)
    return value


def _pool(value: str) -> int:
    count = whole_number(value, most=_LARGEST)
    if count is None or count < _FEWEST_CONNECTIONS:
        msg = (
            "JACKFIELD_DATABASE_POOL: expected a number of connections, such as 10, and no fewer "
            f"than {_FEWEST_CONNECTIONS}"
        )
        raise InvalidSetting(msg)
    return count


def _seconds(name: str, value: str) -> int:
    seconds = whole_number(value, most=_LARGEST)
    if seconds is None:
        msg = f"{name}: expected a whole number of seconds, such as 60, or 0"
        raise InvalidSetting(msg)
    return seconds


def _url(name: str, value: str | None) -> str | None:
    if not value:
        return None
    if not is_base(value):
        msg = (
            f"{name}: expected a URL such as https://hub.example.com or https://example.com/hub, "
            "without a user name, blanks, a query and a fragment"
        )
        raise InvalidSetting(msg)
    return value.rstrip("/")


def _folder(name: str, value: str | None) -> Path | None:
    if not value:
        return None
    folder = _path(name, value)
    if not os.path.isdir(folder):  # noqa: PTH112 - pathlib's raises for a name that is too long
        msg = f"{name}: {value!r} is not a folder"
        raise InvalidSetting(msg)
    return folder


def public_keys(value: str, name: str = "JACKFIELD_CONNECTOR_SIGNERS") -> tuple[str, ...]:
    keys = tuple(value.lower().replace(",", " ").split())
    if not all(_PUBLIC_KEY.fullmatch(each) for each in keys):
        msg = f"{name}: expected public keys, as `connectors sign` prints them"
        raise InvalidSetting(msg)
    return keys


def _switch(name: str, value: str) -> bool:
    if value.lower() not in _YES | _NO:
        msg = f"{name}: expected 1 or 0"
        raise InvalidSetting(msg)
    return value.lower() in _YES


def _networks(value: str) -> bool | Networks:
    if value.lower() in _YES | _NO:
        return value.lower() in _YES
    return tuple(_network(each.strip()) for each in value.split(","))


def _network(text: str) -> IPv4Network | IPv6Network:
    name = "JACKFIELD_ALLOW_PRIVATE_NETWORKS"
    try:
        network = ip_network(text)
    except ValueError as error:
        msg = f"{name}: expected 1, 0 or networks such as 10.0.0.0/8,fd00::/8, but {error}"
        raise InvalidSetting(msg) from error
    if network.is_link_local:
        msg = f"{name}: {text} is link-local, and such addresses are never reached"
        raise InvalidSetting(msg)
    return network


def _proxies(value: str) -> Networks:
    try:
        return tuple(ip_network(each.strip()) for each in value.split(",") if each.strip())
    except ValueError as error:
        msg = f"JACKFIELD_TRUSTED_PROXIES: expected networks such as 10.0.0.5,fd00::/8, but {error}"
        raise InvalidSetting(msg) from error


def _egress_proxy(value: str) -> ProxyAddress | None:
    try:
        return ProxyAddress.read(value) if value else None
    except ValueError as error:
        msg = f"JACKFIELD_EGRESS_PROXY: {error}"
        raise InvalidSetting(msg) from None


def _days(name: str, value: str) -> int:
    days = whole_number(value, most=_LARGEST_DAYS)
    if not days:
        msg = f"{name}: expected a number of days, from 1 to {_LARGEST_DAYS}"
        raise InvalidSetting(msg)
    return days


def _count(name: str, value: str) -> int | None:
    if value.lower() in _NO:
        return None
    count = whole_number(value, most=_LARGEST)
    if count is None:
        msg = f"{name}: expected a whole number, such as 1000, or nothing for no limit"
        raise InvalidSetting(msg)
    return count or None


def _level(value: str | None) -> str:
    level = (value or "info").lower()
    if level not in _LEVELS:
        msg = f"JACKFIELD_LOG_LEVEL: expected one of {', '.join(_LEVELS)}"
        raise InvalidSetting(msg)
    return level


def _listen_range(value: str) -> ListenRange | None:
    if value.lower() in _NO:
        return None
    match = _LISTEN_RANGE.fullmatch(value)
    if match is not None:
        host, first, last = match[1], int(match[2]), int(match[3] or match[2])
        if first in _PORTS and last in _PORTS and first <= last:
            return ListenRange(host.strip("[]"), range(first, last + 1))
    msg = (
        "JACKFIELD_METRICS: expected an address such as 127.0.0.1:9464, or with as many ports as "
        "there are processes, such as 127.0.0.1:9464-9467"
    )
    raise InvalidSetting(msg)
