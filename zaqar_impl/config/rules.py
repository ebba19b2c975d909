# SPDX-License-Identifier: Apache-2.0
"""Rules that hold between options; those of one option stand with the option."""

import dataclasses

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.group import Name
from zaqar_impl.config.settings import Settings
from zaqar_impl.config.stores import MANAGEMENT_GROUP, STORE_GROUP
from zaqar_impl.config.tls import TLS_FILES, ContradictingTls, uri_options, with_tls

#: Pairs of ``[transport]`` of which the first may not be above the second.
_ORDERED = (
    ("default_message_ttl", "max_message_ttl"),
    ("default_message_delay", "max_message_delay"),
    ("default_claim_ttl", "max_claim_ttl"),
    ("default_claim_grace", "max_claim_grace"),
    ("min_length_client_id", "max_length_client_id"),
)


def checked(settings: Settings) -> Settings:
    """The settings, with what follows from several options together.

    Raises:
        WrongConfiguration: options contradict each other.
    """
    _check_ranges(settings)
    if settings.pooling and settings.management_driver == "mongodb":
        _check_acknowledgement(settings, settings.management_uri, MANAGEMENT_GROUP)
    if settings.driver != "mongodb":  # what another one makes of its URI is its own business
        return settings
    _check_acknowledgement(settings, settings.mongodb_uri, STORE_GROUP)
    return _with_tls(settings)


def _check_ranges(settings: Settings) -> None:
    """A default beyond its own maximum would be refused by the API itself."""
    values = settings.transport
    for low, high in _ORDERED:
        if values[low] > values[high]:
            raise WrongConfiguration(
                f"{settings.origins.of(Name('transport', low))} = {values[low]}: "
                f"has to be {high} = {values[high]} or less."
            )


def _check_acknowledgement(settings: Settings, uri: str | None, group: str) -> None:
    """Whoever weakens what an acknowledgement means has to say so twice. A queue whose entry in the
    register is lost is lost itself."""
    wanted = uri_options(uri or "").get("w")
    if wanted == "1" and not settings.unreliable:
        raise WrongConfiguration(
            f"{settings.origins.of(Name(group, 'uri'))}: w has to be majority, or 2 or more, "
            "as long as [DEFAULT] unreliable is false."
        )


def _with_tls(settings: Settings) -> Settings:
    if settings.mongodb_uri is None:
        return settings
    for option in TLS_FILES:
        _check_readable(settings, option)
    try:
        uri = with_tls(settings.mongodb_uri, settings.tls)
    except ContradictingTls as error:
        option, why = error.args
        raise WrongConfiguration(
            f"{settings.origins.of(Name(STORE_GROUP, option))}: {why}."
        ) from error
    return dataclasses.replace(settings, mongodb_uri=uri)


def _check_readable(settings: Settings, option: str) -> None:
    """pymongo would name an option of its own."""
    path = settings.tls[option]
    if not path:
        return
    try:
        open(path, "rb").close()
    except OSError as error:
        raise WrongConfiguration(
            f"{settings.origins.of(Name(STORE_GROUP, option))} = {path}: "
            f"can't be read: {error.strerror}."
        ) from error
