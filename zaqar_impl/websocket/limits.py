# SPDX-License-Identifier: Apache-2.0
"""What one process lets its clients have."""

from dataclasses import dataclass

#: Seconds that a client may take from the first frame of a message to the last one.
SLOWEST_MESSAGE = 60.0

#: Seconds that are spent on a connection that is closed: until its last frames are sent, and then
#: until the client has closed it, too.
LONGEST_FAREWELL = 5.0


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Values of the options of the same names; ``max_frame`` is what the document says."""

    max_frame: int
    max_connections: int = 2048
    ping_interval: float = 25.0
    send_buffer: int = 1024 * 1024
    send_timeout: float = 20.0
    slowest_message: float = SLOWEST_MESSAGE
