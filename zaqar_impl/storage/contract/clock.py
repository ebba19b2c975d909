# SPDX-License-Identifier: Apache-2.0
"""A clock that stands still until a test moves it."""


class FakeClock:
    """Is called like :data:`zaqar_impl.domain.clock.system_clock`.

    It starts in the year 2033, so that a database that removes expired data by its own clock leaves
    alone what is expired only by this one.
    """

    def __init__(self, start: float = 2_000_000_000.0) -> None:
        self._now = start

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
