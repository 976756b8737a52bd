"""Messages to a syslog server that the operator named, over TCP or TLS (RFC 6587, RFC 5425)."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress

from jackfield.kit.errors import HubError


class SyslogUnreachable(HubError):
    """The syslog server cannot be reached, or did not take the messages."""

    code = "syslog_unreachable"
    status = 502
    retryable = True


async def send_messages(
    host: str, port: int, messages: Sequence[bytes], *, is_encrypted: bool, seconds: float
) -> None:
    """
    Send messages, each after its length, and wait until the server has them or closes.

    The protocol has no answer: what a server has taken and loses is not known.

    Raises:
        SyslogUnreachable: the connection cannot be made, or broke.
    """
    context = ssl.create_default_context() if is_encrypted else None
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                for each in messages:
                    writer.write(b"%d %s" % (len(each), each))
                    await writer.drain()
                if writer.can_write_eof():
                    writer.write_eof()
                    # Until the server has read to the end, and closes as well.
                    await reader.read()
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        msg = f"the syslog server {host}:{port} did not take it: {error or 'no answer in time'}"
        raise SyslogUnreachable(msg) from error
