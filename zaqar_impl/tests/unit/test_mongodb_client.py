# SPDX-License-Identifier: Apache-2.0
"""The client of MongoDB is made as the URI says, and watchful where it says nothing."""

import pytest

from zaqar_impl.storage.mongodb.client import WATCHFUL, Connection, watchful


@pytest.mark.parametrize(
    ("uri", "left"),
    [
        ("mongodb://h", {"heartbeatFrequencyMS", "connectTimeoutMS"}),
        ("mongodb://h/?replicaSet=r&tls=true", {"heartbeatFrequencyMS", "connectTimeoutMS"}),
        ("mongodb://h/?connectTimeoutMS=9000", {"heartbeatFrequencyMS"}),
        ("mongodb://u:p@h,i/d?CONNECTTIMEOUTMS=9000&heartbeatfrequencyms=700", set()),
    ],
)
def test_the_uri_has_precedence(uri: str, left: set[str]) -> None:
    """Whatever the case of its options."""
    assert watchful(uri) == {name: WATCHFUL[name] for name in left}


async def test_connection_is_watchful() -> None:
    """A server that does not answer its monitor in two seconds counts as lost, unless the URI
    says otherwise."""
    default = Connection("mongodb://h", "zaqar")
    chosen = Connection("mongodb://h/?connectTimeoutMS=9000", "zaqar")

    assert default.client.options.pool_options.connect_timeout == 2.0
    assert chosen.client.options.pool_options.connect_timeout == 9.0
    await default.close()
    await chosen.close()
