# SPDX-License-Identifier: Apache-2.0
"""Speaks to the WebSocket of a target: `wire` frames, `forms` encodings, `connection` requests and
replies, `record` what is kept of them, `replies` the matchers, `actions` what the document says."""

from zaqar_conformance.websocket.connection import Connection, Reply
from zaqar_conformance.websocket.forms import BINARY, TEXT, Form

__all__ = ["BINARY", "TEXT", "Connection", "Form", "Reply"]
