# SPDX-License-Identifier: Apache-2.0
"""The sockets that the workers share."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from zaqar_impl.config import Settings

#: Connections that wait to be accepted; clients beyond are refused by the kernel.
BACKLOG = 2048


class PortTaken(Exception):
    """The address can't be listened on; the text says which and what to do."""


@dataclass(frozen=True)
class Bound:
    """The socket of each transport that is served, None for one that is not."""

    rest: socket.socket | None
    websocket: socket.socket | None


@contextlib.contextmanager
def listen(settings: Settings) -> Iterator[Bound]:
    """Sockets bound to the configured addresses; closed in the end.

    Raises:
        PortTaken: somebody else listens there, or the address is not this machine's.
    """
    with contextlib.ExitStack() as opened:

        def bound(role: str, address: str, port: int, flag: str) -> socket.socket | None:
            if role not in settings.roles:
                return None
            return opened.enter_context(contextlib.closing(_listen(address, port, flag)))

        websocket = settings.websocket
        yield Bound(
            bound("rest", settings.bind, settings.port, "--port"),
            bound("websocket", websocket.bind, websocket.port, "--websocket-port"),
        )


def _listen(address: str, port: int, flag: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        bound = socket.create_server((address, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise PortTaken(
            f"Can't listen on {address} port {port}: {error.strerror}. "
            f"Stop what listens there, or choose another port with {flag}."
        ) from error
    bound.set_inheritable(True)
    return bound
