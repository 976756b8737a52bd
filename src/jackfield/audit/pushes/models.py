"""Sinks of the audit log, by their addresses, and how far each has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self
from urllib.parse import parse_qs, urlsplit

from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.kit.secret import Secret
from jackfield.kit.urls import is_base

_HINT = (
    "expected https://host/path, syslog+tls://host:6514, syslog://host:601, or "
    "s3://bucket/prefix?region=eu-central-1 (with &endpoint=https://host for another store than AWS)"
)
_PORTS = {"syslog": 601, "syslog+tls": 6514}
_REGION = "us-east-1"


class InvalidSink(HubError):
    """An address that the audit log is to be pushed to cannot be used."""

    code = "invalid_audit_sink"


class PushFailed(HubError):
    """A sink of the audit log did not take what was pushed; it is pushed again later."""

    code = "audit_push_failed"
    status = 502
    retryable = True


class SinkKind(StrEnum):
    HTTP = "http"
    SYSLOG = "syslog"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class SinkSecrets:
    """What sinks are authenticated to with: a bearer token, and the key of a store."""

    token: Secret | None = None
    store: Secret | None = None


@dataclass(frozen=True, slots=True)
class Sink:
    """
    A place that the log is pushed to; `name` is its address as it was set.

    `url` is where HTTP receivers and stores are asked; of syslog `host` and `port` count.
    """

    name: str
    kind: SinkKind
    url: str = ""
    host: str = ""
    port: int = 0
    is_encrypted: bool = True
    region: str = _REGION

    @classmethod
    def parse(cls, address: str) -> Self:
        """
        Read an address.

        Raises:
            InvalidSink: it is none.
        """
        try:
            parts = urlsplit(address)
            port, has_user = parts.port, "@" in parts.netloc
        except ValueError:
            raise _invalid(address) from None
        if has_user:
            # Not quoted: a password may be in it.
            msg = f"an address of JACKFIELD_AUDIT_PUSH holds a user name or password; {_HINT}"
            raise InvalidSink(msg)
        host = parts.hostname or ""
        if parts.scheme in ("http", "https") and is_base(address.partition("?")[0]):
            return cls(address, SinkKind.HTTP, url=address)
        if parts.scheme in _PORTS and host and not parts.path.strip("/"):
            return cls(
                address,
                SinkKind.SYSLOG,
                host=host,
                port=port or _PORTS[parts.scheme],
                is_encrypted=parts.scheme == "syslog+tls",
            )
        if parts.scheme == "s3" and host:
            return cls._store(address, host, parts.path.strip("/"), parse_qs(parts.query))
        raise _invalid(address)

    @classmethod
    def _store(cls, address: str, bucket: str, prefix: str, query: dict[str, list[str]]) -> Self:
        if query.keys() - {"region", "endpoint"}:
            raise _invalid(address)
        region = query.get("region", [_REGION])[0]
        endpoint = query.get("endpoint", [""])[0].rstrip("/")
        if endpoint and not is_base(endpoint):
            raise _invalid(address)
        origin = (
            f"{endpoint}/{bucket}" if endpoint else f"https://{bucket}.s3.{region}.amazonaws.com"
        )
        return cls(
            address,
            SinkKind.S3,
            url="/".join(filter(None, (origin, prefix))),
            region=region,
        )


def _invalid(address: str) -> InvalidSink:
    msg = f"JACKFIELD_AUDIT_PUSH: {address!r} cannot be used; {_HINT}"
    return InvalidSink(msg)


@dataclass(frozen=True, slots=True)
class ClaimedPush:
    """The push of one chain to a sink, leased until `until`: its last record that was taken."""

    project_id: ProjectId
    sink: str
    seq: int
    hash: str
    failures: int
    until: datetime


@dataclass(frozen=True, slots=True)
class PushState:
    """How far the push of a chain to a sink has come, and why it failed last."""

    project_id: ProjectId
    sink: str
    seq: int
    hash: str
    last_seq: int
    failures: int
    error: str | None
    pushed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of a chain, as a file that proves itself and as single texts."""

    chain: ProjectId
    first: int
    last: int
    content: bytes
    lines: tuple[bytes, ...]
