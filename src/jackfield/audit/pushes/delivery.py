"""Delivery of records to a sink: an HTTP receiver, a syslog server, or a store such as S3."""

from collections.abc import Mapping
from typing import Final

from jackfield.audit.models import Record
from jackfield.audit.pushes.models import Batch, PushFailed, Sink, SinkKind, SinkSecrets
from jackfield.egress.client import Egress, OutboundRequest
from jackfield.egress.syslog import send_messages
from jackfield.engine.auth.aws4 import sign_request
from jackfield.engine.auth.signable import signable
from jackfield.engine.ports import Request
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, decode

SECONDS: Final = 30
_MOST_ANSWER: Final = 64 * 1024
_TYPE: Final = "application/x-ndjson"
# Of the facility `log audit`, as information.
_PRIORITY: Final = 13 * 8 + 6
# The number of an organization that documents may use.
_DATA: Final = "audit@32473"
_ACCEPTED: Final = range(200, 300)


async def deliver(egress: Egress, sink: Sink, secrets: SinkSecrets, batch: Batch) -> None:
    """
    Give a sink some records. It may get the same ones again, under the same name.

    Raises:
        PushFailed: it did not take them.
    """
    try:
        match sink.kind:
            case SinkKind.HTTP:
                await _post(egress, sink, secrets, batch)
            case SinkKind.S3:
                await _put(egress, sink, secrets, batch)
            case SinkKind.SYSLOG:
                await send_messages(
                    sink.host,
                    sink.port,
                    [_message(line) for line in batch.lines],
                    is_encrypted=sink.is_encrypted,
                    seconds=SECONDS,
                )
    except PushFailed:
        raise
    except HubError as error:
        raise PushFailed(error.detail) from error


async def _post(egress: Egress, sink: Sink, secrets: SinkSecrets, batch: Batch) -> None:
    headers = {
        "content-type": _TYPE,
        "idempotency-key": f"jackfield-audit-{batch.chain}-{batch.first}-{batch.last}",
    }
    if secrets.token is not None:
        headers["authorization"] = f"Bearer {secrets.token.reveal()}"
    await _send(egress, "POST", sink.url, headers, batch.content)


async def _put(egress: Egress, sink: Sink, secrets: SinkSecrets, batch: Batch) -> None:
    if secrets.store is None:
        msg = "JACKFIELD_AUDIT_PUSH_STORE_KEY is not set: expected KEY_ID:SECRET"
        raise PushFailed(msg)
    url = f"{sink.url}/{batch.chain}/{batch.first:015d}-{batch.last:015d}.ndjson"
    names = ("accessKeyId", "secretAccessKey", "sessionToken")
    credentials: dict[str, Json] = dict(zip(names, secrets.store.reveal().split(":"), strict=False))
    headers = {"content-type": _TYPE}
    asked = signable(Request("PUT", url, headers, batch.content), headers, "strict")
    signed = sign_request(asked, credentials, sink.region, "s3")
    await _send(egress, "PUT", url, {**headers, **signed}, batch.content)


async def _send(
    egress: Egress, method: str, url: str, headers: Mapping[str, str], content: bytes
) -> None:
    answer = await egress.fetch(
        OutboundRequest(
            method,
            url,
            headers=headers,
            body=content,
            seconds=SECONDS,
            max_bytes=_MOST_ANSWER,
            is_to_provider=False,
            is_to_operator=True,
        )
    )
    if answer.status not in _ACCEPTED:
        msg = f"it answered {answer.status}"
        raise PushFailed(msg)


def _message(line: bytes) -> bytes:
    """Return the message of one record, in the form of RFC 5424."""
    hash_, body = line[9:73].decode(), line[84:-2]
    record = decode(body, Record)
    data = f'[{_DATA} chain="{record.chain}" seq="{record.seq}" hash="{hash_}"]'
    at = record.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = f"<{_PRIORITY}>1 {at} - jackfield - {record.kind.value} {data} "
    return head.encode() + b"\xef\xbb\xbf" + body
