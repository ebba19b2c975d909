# SPDX-License-Identifier: Apache-2.0
"""Finding storage drivers by name."""

import pytest

from zaqar_impl.domain.clock import system_clock
from zaqar_impl.storage.loader import UnknownDriver, WrongUri, open_driver


@pytest.mark.parametrize(
    ("name", "uri", "driver"),
    [
        ("memory", "", "MemoryStorage"),
        ("mongodb", "mongodb://127.0.0.1:1", "MongoStorage"),
        ("", "memory:", "MemoryStorage"),
        ("", "mongodb://127.0.0.1:1", "MongoStorage"),
        ("", "mongodb+srv://db.example.invalid", "MongoStorage"),
    ],
)
def test_driver_is_found_by_name_or_scheme(name: str, uri: str, driver: str) -> None:
    """Nothing is connected yet."""
    assert type(open_driver(name, uri, "zaqar", system_clock)).__name__ == driver


@pytest.mark.parametrize(("name", "uri"), [("paper", ""), ("", "paper:"), ("", "")])
def test_unknown_driver_is_told_with_those_there_are(name: str, uri: str) -> None:
    """The line names what was asked for, and what could be."""
    with pytest.raises(UnknownDriver, match="memory, mongodb"):
        open_driver(name, uri, "zaqar", system_clock)


@pytest.mark.parametrize(
    ("uri", "database"),
    [
        ("", "zaqar"),
        ("nonsense", "zaqar"),
        ("mongodb://", "zaqar"),
        ("mongodb://host:port/", "zaqar"),
        ("mongodb://user:pass:word@host/", "zaqar"),
        ("mongodb://host/?tls=true&tlsCAFile=/nowhere/ca.pem", "zaqar"),
        ("mongodb://host/?w=0", "zaqar"),
        ("mongodb://host/?tls=yes", "zaqar"),
        ("mongodb://host/?ssl_ca_certs=/ca.pem", "zaqar"),
        ("mongodb://host/", ""),
        ("mongodb://host/", "a b"),
        ("mongodb://host/", "a.b"),
    ],
)
def test_wrong_uri_is_told(uri: str, database: str) -> None:
    """In one line, before anything is connected."""
    with pytest.raises(WrongUri, match=r"^The storage driver mongodb cannot use its URI: .+$"):
        open_driver("mongodb", uri, database, system_clock)
