# SPDX-License-Identifier: Apache-2.0
"""The one source of time: everything that needs the time is given a clock, so tests can move it."""

import time
from collections.abc import Callable

#: Seconds since the epoch.
Clock = Callable[[], float]

system_clock: Clock = time.time
