# SPDX-License-Identifier: Apache-2.0
"""Upstream's options for TLS to MongoDB, put into the URI, where MongoDB's clients take them.

The names are those of a pymongo that is gone, so upstream itself fails with them; what they ask for
can be had.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from oslo_config import cfg

#: Options of URIs that turn TLS on, in lower case.
_SWITCHES = ("tls", "ssl")

#: Options that name a file.
TLS_FILES = ("ssl_certfile", "ssl_keyfile", "ssl_ca_certs")


class ContradictingTls(ValueError):
    """Options of TLS that can't be followed; the text names the option first, then the rule."""


def tls_options() -> list[cfg.Opt]:
    """The options, for each group that has a MongoDB URI."""
    return [
        cfg.StrOpt(
            "ssl_certfile",
            help="PEM file with the certificate that MongoDB knows this service by, and its key.",
        ),
        cfg.StrOpt(
            "ssl_keyfile",
            help="The same file as ssl_certfile, where both are set: MongoDB's client takes "
            "certificate and key from one file.",
        ),
        cfg.StrOpt(
            "ssl_ca_certs",
            help="PEM file with the certificates that MongoDB's must be signed by. None: those "
            "that the system trusts.",
        ),
        cfg.StrOpt(
            "ssl_cert_reqs",
            default="CERT_REQUIRED",
            choices=["CERT_REQUIRED", "CERT_OPTIONAL", "CERT_NONE"],
            help="CERT_NONE: MongoDB's certificate is not checked. The others: it is.",
        ),
    ]


def with_tls(uri: str, values: Mapping[str, str | None]) -> str:
    """The URI with what the options of :func:`tls_options` ask for; what it says itself counts.

    Raises:
        ContradictingTls: an option is set while the URI does not turn TLS on, or certificate and
            key are two files.
    """
    certificate, key = values["ssl_certfile"], values["ssl_keyfile"]
    wanted = {
        "tlsCertificateKeyFile": certificate or key,
        "tlsCAFile": values["ssl_ca_certs"],
        "tlsAllowInvalidCertificates": "true" if values["ssl_cert_reqs"] == "CERT_NONE" else None,
    }
    given = uri_options(uri)
    first = next((option for option in values if _asks(values[option])), None)
    if first and not _is_on(uri, given):
        raise ContradictingTls(first, "the URI does not turn TLS on; add tls=true to it")
    if certificate and key and certificate != key:
        raise ContradictingTls(
            "ssl_keyfile",
            "certificate and key have to be in one file; join them, and name it as ssl_certfile",
        )
    return _extended(uri, {name: value for name, value in wanted.items() if value}, given)


def uri_options(uri: str) -> dict[str, str]:
    """The options in a MongoDB URI, with their names in lower case, as MongoDB reads them."""
    query = uri.partition("?")[2]
    return {name.lower(): value for name, value in parse_qsl(query.replace(";", "&"))}


def _asks(value: str | None) -> bool:
    """Whether the value of an option asks for more than a client does in any case."""
    return value not in (None, "", "CERT_REQUIRED")


def _is_on(uri: str, given: Mapping[str, str]) -> bool:
    said = [given[switch] == "true" for switch in _SWITCHES if switch in given]
    return all(said) if said else uri.startswith("mongodb+srv://")


def _extended(uri: str, wanted: Mapping[str, str], given: Mapping[str, str]) -> str:
    more = [
        f"{name}={quote(value, safe='')}"
        for name, value in wanted.items()
        if name.lower() not in given
    ]
    if not more:
        return uri
    address, _, query = uri.partition("?")
    if "/" not in address.partition("://")[2]:
        address += "/"
    return f"{address}?{'&'.join([*filter(None, [query]), *more])}"
