# SPDX-License-Identifier: Apache-2.0
"""TLS to MongoDB by upstream's options: a real mongod that takes nothing else, and wants to know
who is calling."""

import gc
import socket
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import trustme

from zaqar_impl.config import STORE_GROUP, WrongConfiguration, load
from zaqar_impl.domain.errors import StorageUnavailable
from zaqar_impl.mongod import find_mongod
from zaqar_impl.mongod.child import Child
from zaqar_impl.storage.interface import Storage
from zaqar_impl.wiring import storage

#: mongod needs a moment until it listens.
PATIENCE = "serverSelectionTimeoutMS=20000&directConnection=true"
NO_PATIENCE = "serverSelectionTimeoutMS=1500&directConnection=true"

Ping = Callable[..., Awaitable[None]]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.pem, and one file each for both sides with certificate and key in it."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name in ("server", "client"):
        issued = authority.issue_cert("127.0.0.1", common_name=name)
        issued.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.pem"))
    return folder


@pytest.fixture(scope="module")
def port(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where the mongod listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = int(probe.getsockname()[1])
    data = tmp_path_factory.mktemp("mongod")
    command = [
        str(find_mongod()), "--dbpath", str(data), "--bind_ip", "127.0.0.1", "--port", str(free),
        "--nounixsocket", "--tlsMode", "requireTLS", "--tlsCAFile", str(certificates / "ca.pem"),
        "--tlsCertificateKeyFile", str(certificates / "server.pem"),
    ]  # fmt: skip
    mongod = Child(command, data / "output")
    yield free
    mongod.stop()


@pytest.fixture
async def ping(port: int) -> AsyncIterator[Ping]:
    """Asks MongoDB, with these options and this in the URI, whether it is there."""
    opened: list[Storage] = []

    async def ask(uri: str = f"tls=true&{PATIENCE}", **options: object) -> None:
        values = {"uri": f"mongodb://127.0.0.1:{port}/?{uri}", **options}
        overrides: dict[tuple[str | None, str], str] = {
            (STORE_GROUP, name): str(value) for name, value in values.items()
        }
        opened.append(storage(load([], overrides)))
        await opened[-1].ping()

    yield ask
    for each in opened:
        await each.close()
    # A client that is closed while it connects leaves the socket of that to the garbage collector.
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        gc.collect()


@pytest.mark.option(
    "drivers:message_store:mongodb.ssl_ca_certs", "drivers:message_store:mongodb.ssl_certfile"
)
async def test_authority_and_certificate(ping: Ping, certificates: Path) -> None:
    """With both, each side trusts the other."""
    await ping(ssl_ca_certs=certificates / "ca.pem", ssl_certfile=certificates / "client.pem")


@pytest.mark.option("drivers:message_store:mongodb.ssl_keyfile")
async def test_a_file_with_the_key_has_the_certificate(ping: Ping, certificates: Path) -> None:
    """One of the two options is enough."""
    await ping(ssl_ca_certs=certificates / "ca.pem", ssl_keyfile=certificates / "client.pem")


async def test_without_a_certificate(ping: Ping, certificates: Path) -> None:
    """MongoDB wants to know who calls."""
    with pytest.raises(StorageUnavailable):
        await ping(f"tls=true&{NO_PATIENCE}", ssl_ca_certs=certificates / "ca.pem")


async def test_without_the_authority(ping: Ping, certificates: Path) -> None:
    """A certificate of nobody that the system knows is not trusted."""
    with pytest.raises(StorageUnavailable):
        await ping(f"tls=true&{NO_PATIENCE}", ssl_certfile=certificates / "client.pem")


@pytest.mark.option("drivers:message_store:mongodb.ssl_cert_reqs")
async def test_without_checks(ping: Ping, certificates: Path) -> None:
    """Unless it need not be."""
    await ping(ssl_cert_reqs="CERT_NONE", ssl_certfile=certificates / "client.pem")


async def test_what_the_uri_says_counts(ping: Ping, certificates: Path) -> None:
    """The options only add to it."""
    uri = f"ssl=true&tlsCAFile={certificates}/ca.pem&{PATIENCE}"

    await ping(uri, ssl_ca_certs="/dev/null", ssl_certfile=certificates / "client.pem")


@pytest.mark.parametrize(
    ("uri", "options", "why"),
    [
        pytest.param("", {"ssl_ca_certs": "/dev/null"}, "does not turn TLS on", id="no TLS"),
        pytest.param("tls=false", {"ssl_cert_reqs": "CERT_NONE"}, "does not turn", id="off"),
        pytest.param(
            "tls=true", {"ssl_certfile": "/dev/null", "ssl_keyfile": "/etc/hosts"}, "in one file",
            id="two files",
        ),
        pytest.param(
            "tls=true", {"ssl_ca_certs": "/no.pem"}, "ssl_ca_certs = /no.pem: can't be read",
            id="no file",
        ),
    ],
)  # fmt: skip
async def test_options_that_can_not_be_followed(
    ping: Ping, uri: str, options: dict[str, str], why: str
) -> None:
    """The start ends with a line about it, before anything is sent in the clear."""
    with pytest.raises(WrongConfiguration, match=why):
        await ping(uri, **options)
