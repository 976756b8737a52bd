"""The sockets that the server listens on."""

import socket
from typing import Final

from jackfield.kit.errors import HubError

_BACKLOG: Final = 2048


class PortInUse(HubError):
    """The port is used by another program; choose another with --port."""

    code = "port_in_use"


def listen(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """
    Open the server's socket; port 0 means any free port.

    One that is shared may be opened several times: connections are spread over them.

    Raises:
        PortInUse: the socket cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        opened.bind((host, port))
    except (OSError, UnicodeError) as error:
        opened.close()
        reason = error.strerror if isinstance(error, OSError) else "it is no host"
        msg = f"cannot listen on {host}:{port}: {reason}; choose another with --port"
        raise PortInUse(msg) from error
    opened.listen(_BACKLOG)
    return opened


def free_port(host: str, port: int) -> int:
    """
    Return the port, or a free one for 0.

    Raises:
        PortInUse: it is used, if only by sockets that could be shared.
    """
    with listen(host, port) as trial:
        return trial.getsockname()[1]


def origin(opened: socket.socket) -> str:
    """Return the URL of the socket for a browser on this machine."""
    host, port = opened.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - a comparison, not a binding
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
