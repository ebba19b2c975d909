# SPDX-License-Identifier: Apache-2.0
"""Header fields are looked up by name; what is given twice is one thing or refused."""

import pytest

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.rest.fields import HeaderFields

FIELDS = HeaderFields(
    [(b"accept", b"a"), (b"x-tenant", b"t"), (b"accept", b"b"), (b"x-tenant", b"t")]
)


def test_a_field_has_its_first_value() -> None:
    """The others are there for who asks for all."""
    assert FIELDS.get(b"accept") == "a"
    assert FIELDS.all(b"accept") == ["a", "b"]
    assert b"accept" in FIELDS


def test_a_field_that_is_not_there() -> None:
    """It has no value."""
    assert b"host" not in FIELDS
    assert FIELDS.get(b"host") is None
    assert FIELDS.only(b"host") is None
    assert FIELDS.all(b"host") == []


def test_the_same_value_twice_means_itself() -> None:
    """Different ones could mean anything."""
    assert FIELDS.only(b"x-tenant") == "t"
    with pytest.raises(InvalidInput, match="accept is given more than once"):
        FIELDS.only(b"accept")
