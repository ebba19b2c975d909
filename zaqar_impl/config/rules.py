# SPDX-License-Identifier: Apache-2.0
"""Rules that hold between options; those of one option stand with the option."""

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.settings import Settings

#: Pairs of ``[transport]`` of which the first may not be above the second.
_ORDERED = (
    ("default_message_ttl", "max_message_ttl"),
    ("default_message_delay", "max_message_delay"),
    ("default_claim_ttl", "max_claim_ttl"),
    ("default_claim_grace", "max_claim_grace"),
    ("min_length_client_id", "max_length_client_id"),
)


def check(settings: Settings) -> None:
    """Raise :class:`WrongConfiguration` if options contradict each other."""
    _check_ranges(settings)


def _check_ranges(settings: Settings) -> None:
    """A default beyond its own maximum would be refused by the API itself."""
    values = settings.transport
    for low, high in _ORDERED:
        if values[low] > values[high]:
            raise WrongConfiguration(
                f"[transport] {low} = {values[low]} is above {high} = {values[high]}."
            )
