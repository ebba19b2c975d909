# SPDX-License-Identifier: Apache-2.0
"""Rules of pools that need no storage."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.pools import (
    Pool,
    PoolChange,
    capabilities_of,
    check_acknowledgement,
    check_options,
    check_uri,
    chosen,
    is_masked,
    masked,
    without_secrets,
)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://db1,db2/?replicaSet=rs", "mongodb://db1,db2/?replicaSet=rs"),
        ("mongodb://user:pass@db1:1,db2/x?a=b", "mongodb://***@db1:1,db2/x?a=b"),
        ("mongodb+srv://user@db", "mongodb+srv://***@db"),
        ("mongodb://user:p@ss:w/rd@db", "mongodb://***@db"),
        ("mongodb://@db", "mongodb://***@db"),
        # no URI by the RFC, but pymongo takes it, and logs in with it
        ("mongodb://user:pa#ss@db/?a=b", "mongodb://***@db/?a=b"),
        (
            "mongodb://db/?tls=true&tlsCertificateKeyFilePassword=x%20y&w=1",
            "mongodb://db/?tls=true&tlsCertificateKeyFilePassword=***&w=1",
        ),
        (
            "mongodb://db/?authMechanismProperties=AWS_SESSION_TOKEN:abc",
            "mongodb://db/?authMechanismProperties=***",
        ),
        ("redis://:pw@host?sentinel_password=x", "redis://***@host?sentinel_password=***"),
        ("memory://a", "memory://a"),
    ],
)
def test_secrets_of_a_uri_are_masked(uri: str, shown: str) -> None:
    """User, password and parameters that are secret; all else stays."""
    assert masked(uri) == shown
    assert masked(shown) == shown
    assert is_masked(shown) == ("***" in shown)


def test_masked_uri_is_not_taken() -> None:
    """The text says what to do; asterisks elsewhere are no mask."""
    with pytest.raises(InvalidInput, match=r"uri is invalid: \*\*\* stands where"):
        check_uri("mongodb://***@db")
    check_uri("mongodb://%2A%2A%2A@db")
    check_uri("mongodb://db/***")


@given(
    user=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4),
    password=st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=4),
)
def test_no_secret_gets_through(user: str, password: str) -> None:
    """Neither in the shown URI nor in what a driver says about it."""
    uri = f"mongodb://{user}:{password}@db/?x=1"

    assert masked(uri) == "mongodb://***@db/?x=1"
    assert password not in without_secrets(f"Port must be a number: {password}", uri)
    assert repr(Pool("a", uri, 1)) == repr(Pool("a", "mongodb://db", 1))


def test_harmless_text_is_passed_on() -> None:
    """Where the URI has no secret, or the text does not have it."""
    assert without_secrets("no such host", "mongodb://db") == "no such host"
    assert without_secrets("no such host", "mongodb://user:pass@db") == "no such host"
    assert "pass" not in without_secrets("near 'p%40ss'", "mongodb://user:p%40ss@db")


@pytest.mark.parametrize("options", ["w=1", "replicaSet=rs&W=1", "w=1&replicaSet=rs", "a=b;w=1"])
def test_one_server_is_not_enough(options: str) -> None:
    """Other values of w, and other options, are."""
    with pytest.raises(InvalidInput, match="w has to be majority"):
        check_acknowledgement(f"mongodb://db/?{options}")
    for other in ("w=majority", "w=2", "w=10", "wtimeoutMS=1", "appName=w=1x"):
        check_acknowledgement(f"mongodb://db/?{other}")


def test_pools_are_chosen_by_weight() -> None:
    """Never one of weight 0; None if there is no other."""
    pools = [Pool("a", "a", 9), Pool("b", "b", 1), Pool("c", "c", 0)]
    counts = Counter(pool.name for _ in range(1000) if (pool := chosen(pools)))

    assert counts.keys() == {"a", "b"}
    assert counts["a"] > 5 * counts["b"]
    assert chosen(pools[2:]) is None
    assert chosen([]) is None


def test_change_leaves_what_it_does_not_name() -> None:
    """And the empty text is no flavor."""
    pool = Pool("a", "u", 1, "fast", {"database": "x"})

    assert pool.changed(PoolChange()) == pool
    assert pool.changed(PoolChange(weight=0, flavor="")) == Pool("a", "u", 0, None, pool.options)
    assert pool.changed(PoolChange(uri="v", options={})) == Pool("a", "v", 1, "fast", {})


def test_flavor_can_what_all_its_pools_can() -> None:
    """Memory forgets."""
    everything = ["FIFO", "CLAIMS", "DURABILITY", "AOD", "HIGH_THROUGHPUT"]

    assert capabilities_of([Pool("a", "mongodb://a", 1)]) == everything
    forgetful = capabilities_of([Pool("a", "mongodb://a", 1), Pool("b", "memory://b", 1)])
    assert forgetful == [word for word in everything if word != "DURABILITY"]
    assert capabilities_of([]) == []


@pytest.mark.parametrize("options", [{"database": 1}, {"database": None}, {"x": [2**64]}])
def test_options_that_cannot_be_kept_are_refused(options: dict[str, object]) -> None:
    """The text says which rule they break; others are kept."""
    with pytest.raises(InvalidInput, match="options are invalid"):
        check_options(options)
    check_options({"database": "x", "max_retry_sleep": 0.1, "anything": {"$a": None}})
