"""Program of the process that reads connectors: sources come in, packed readings go out."""

import sys

from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.connectors.loading.includes import Source
from jackfield.connectors.loading.loader import read_source
from jackfield.connectors.loading.reader_process import receive, send, source_of
from jackfield.connectors.loading.reading import pack


def main() -> None:
    while (message := receive(sys.stdin.buffer)) is not None:
        send(sys.stdout.buffer, _reading(source_of(message)))


def _reading(source: Source) -> bytes:
    try:
        return read_source(source)
    except InvalidConnector as invalid:
        return pack(None, invalid.findings)


if __name__ == "__main__":
    main()
