# SPDX-License-Identifier: Apache-2.0
"""The processes of ``zaqar-server``: workers of each transport on its socket, replaced when they
die, stopped in order.

The supervisors of uvicorn and gunicorn do the work; here stands what they are given, and when the
whole has to end.
"""

from zaqar_impl.server.listening import Bound, PortTaken, listen
from zaqar_impl.server.serving import serve
from zaqar_impl.server.workers import WorkersFailed

__all__ = ["Bound", "PortTaken", "WorkersFailed", "listen", "serve"]
