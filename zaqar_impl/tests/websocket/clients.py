# SPDX-License-Identifier: Apache-2.0
"""A client of the WebSocket for tests: it asks, in either encoding, and checks what it is told."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgpack
import websocket

from zaqar_impl.specdoc import Shape, reply

#: Seconds within which everything comes.
PATIENCE = 20

#: Shapes of replies by document, action and status: to compile one takes milliseconds.
_SHAPES: dict[tuple[int, str, int], Shape] = {}


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    request: Mapping[str, Any]
    text: str | bytes


class Closed(Exception):
    """The server has closed the connection, with this code."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Client:
    """One connection, for a project and a client instance of its own."""

    def __init__(self, url: str, document: Mapping[str, Any], project: str, **more: Any) -> None:
        self.url = url
        self.document = document
        self.headers = {"Client-ID": str(uuid.uuid4()), "X-Project-ID": project}
        self.socket = websocket.create_connection(url, timeout=PATIENCE, **more)

    def ask(self, action: str, body: Any = None, *, binary: bool = False, **members: Any) -> Reply:
        """The reply to a request, which is as the document says."""
        self.send(action, body, binary=binary, **members)
        return self.reply()

    def send(self, action: str, body: Any = None, *, binary: bool = False, **members: Any) -> None:
        """Send a request, and do not wait."""
        request = {"action": action, "headers": self.headers, **members}
        if body is not None:
            request["body"] = body
        if binary:
            self.socket.send_binary(msgpack.packb(request))
        else:
            self.socket.send(json.dumps(request))

    def reply(self) -> Reply:
        """The next message, which is a reply."""
        text, told = self.next()
        assert set(told) == {"request", "headers", "body"}, told
        action, status = told["request"]["action"], told["headers"]["status"]
        violation = self._shape(action, status).violation(told)
        assert violation is None, (told, violation)
        return Reply(status, told["body"], told["request"], text)

    def _shape(self, action: Any, status: int) -> Shape:
        """What the document says of such a reply; of an unknown action, what it says of any."""
        known = self.document["operations"].get(action) if isinstance(action, str) else None
        name = action if known and "reply" in known else "queue_list"
        key = (id(self.document), name, status)
        if key not in _SHAPES:
            _SHAPES[key] = reply(self.document, name, status)
        return _SHAPES[key]

    def notification(self) -> Any:
        """The next message, which is a notification."""
        _, told = self.next()
        assert "request" not in told, told
        return told

    def next(self) -> tuple[str | bytes, Any]:
        """The next message, and what it means.

        Raises:
            Closed: there is none.
        """
        code, data = self.socket.recv_data()
        if code == websocket.ABNF.OPCODE_CLOSE:
            raise Closed(int.from_bytes(data[:2], "big") if data else None)
        if code == websocket.ABNF.OPCODE_BINARY:
            return data, msgpack.unpackb(data)
        return data.decode(), json.loads(data)

    def closed(self) -> int | None:
        """The code that the server closes with, whatever it says before."""
        try:
            while True:
                self.next()
        except Closed as end:
            return end.code

    def close(self) -> None:
        """Go, with a word if the connection is still there."""
        self.socket.close()
        self.socket.shutdown()
