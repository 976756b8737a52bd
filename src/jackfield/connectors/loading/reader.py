"""Program of the process that reads connectors: sources come in, packed readings go out."""

import gc
import sys
from collections.abc import Iterator
from contextlib import suppress

from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading import includes
from jackfield.connectors.loading.discovery import find_connectors, own_folder
from jackfield.connectors.loading.includes import Source
from jackfield.connectors.loading.loader import read_source
from jackfield.connectors.loading.reader_process import (
    AHEAD,
    message_of,
    receive,
    send,
    source_of,
)
from jackfield.connectors.loading.reading import pack


def main() -> None:
    # It ends soon: collecting garbage would take a fifth of its time.
    gc.disable()
    ahead = dict(_read_ahead()) if AHEAD in sys.argv else {}
    while (message := receive(sys.stdin.buffer)) is not None:
        send(sys.stdout.buffer, ahead.pop(message, None) or _reading(source_of(message)))


def _read_ahead() -> Iterator[tuple[bytes, bytes]]:
    """Yield the readings of the connectors that come with the hub, each by the message for it."""
    for main_file in find_connectors(own_folder()):
        with suppress(InvalidConnector):
            source = includes.resolve(main_file)
            yield message_of(source), _reading(source)


def _reading(source: Source) -> bytes:
    try:
        return read_source(source)
    except InvalidConnector as invalid:
        return pack(None, invalid.findings)


if __name__ == "__main__":
    main()
