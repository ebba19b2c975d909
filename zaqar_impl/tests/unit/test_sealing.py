# SPDX-License-Identifier: Apache-2.0
"""Sealing and opening bodies."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaqar_impl.domain.errors import EncryptionUnavailable
from zaqar_impl.domain.sealing import KeyRing
from zaqar_impl.domain.values import Message, NewMessage

OLD, NEW = "old-secret-".ljust(32, "o"), "new-secret-".ljust(32, "n")
RING = KeyRing([OLD])
#: What RING made of the body "kept" in project p once.
FIXED_ID = "0bf7f73416aa5f14"
FIXED_BODY = (
    "1baaea85fa539942919bdc3cd5f6f810a01f62d96a749d137635bd69deee551c08e49d74bbf94bb9baec001a0470"
)
OVERHEAD = 12 + 12 + 16


def stored(new: NewMessage) -> Message:
    """The message as a driver gives it back."""
    return Message("id", 1, new.body, 0, new.ttl, key_id=new.key_id)


def sealed(body: bytes, ring: KeyRing = RING, project: str = "p") -> Message:
    """The message as it is stored, sealed."""
    return stored(ring.sealed(NewMessage(body, 60, 5), project))


@given(st.binary(), st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_comes_back(body: bytes, project: str) -> None:
    """Any bytes, in any project, with the same lifetime and delay as before."""
    closed = RING.sealed(NewMessage(body, 60, 5), project)

    assert (closed.ttl, closed.delay) == (60, 5)
    assert len(closed.body) == len(body) + OVERHEAD
    opened = RING.opened(stored(closed), project)
    assert (opened.body, opened.key_id) == (body, None)


def test_clear_message_stays_as_it_is() -> None:
    """With keys and without."""
    clear = stored(NewMessage(b"1", 60))

    assert RING.opened(clear, "p") is clear
    assert KeyRing().opened(clear, "p") is clear


def test_sealed_text_shows_nothing() -> None:
    """Neither the body nor the secret, and the same body twice looks different."""
    first, second = sealed(b"a body of some length"), sealed(b"a body of some length")

    assert b"body" not in first.body
    assert first.body[24:] != second.body[24:]
    assert OLD not in repr((first, RING, vars(RING)))
    assert first.key_id == second.key_id
    assert len(str(first.key_id)) == 16


def test_every_message_has_a_key_of_its_own() -> None:
    """The salt takes part in the key: text that is put behind another salt can't be opened."""
    first, second = sealed(b"1"), sealed(b"2")

    with pytest.raises(EncryptionUnavailable):
        RING.opened(replace(first, body=second.body[:12] + first.body[12:]), "p")


@pytest.mark.parametrize("place", [0, 11, 12, 23, 24, -17, -16, -1])
def test_changed_text_is_not_opened(place: int) -> None:
    """Whichever byte of salt, nonce, text or tag it is."""
    message = sealed(b"1234")
    body = bytearray(message.body)
    body[place] ^= 1

    with pytest.raises(EncryptionUnavailable, match="not what was sealed"):
        RING.opened(replace(message, body=bytes(body)), "p")


@pytest.mark.parametrize("length", [0, 11, 12, 23, 24, 39, 43])
def test_shortened_text_is_not_opened(length: int) -> None:
    """It is refused like any other change."""
    message = sealed(b"1234")

    with pytest.raises(EncryptionUnavailable, match="not what was sealed"):
        RING.opened(replace(message, body=message.body[:length]), "p")


def test_text_of_another_project_is_not_opened() -> None:
    """Whoever copies it there gets nothing."""
    with pytest.raises(EncryptionUnavailable, match="not what was sealed"):
        RING.opened(sealed(b"1", project="p"), "q")


def test_first_secret_seals_and_all_open() -> None:
    """So they can be changed while messages live."""
    before, after = KeyRing([OLD, NEW]), KeyRing([NEW, OLD])
    messages = [sealed(b"1", before), sealed(b"2", after)]

    assert messages[0].key_id != messages[1].key_id
    for ring in (before, after):
        assert [ring.opened(message, "p").body for message in messages] == [b"1", b"2"]


def test_nothing_is_opened_without_its_secret() -> None:
    """Nor with another, even if the mark is made to fit."""
    message, other = sealed(b"1"), KeyRing([NEW])

    with pytest.raises(EncryptionUnavailable, match=f"no key {message.key_id}"):
        other.opened(message, "p")
    with pytest.raises(EncryptionUnavailable, match="not what was sealed"):
        other.opened(replace(message, key_id=sealed(b"1", other).key_id), "p")


def test_nothing_is_sealed_without_a_secret() -> None:
    """An empty ring says so of itself."""
    assert not KeyRing()
    assert RING
    with pytest.raises(EncryptionUnavailable, match="nothing is stored"):
        KeyRing().sealed(NewMessage(b"1", 60), "p")


def test_form_is_fixed() -> None:
    """A message that an earlier version stored is opened by all later ones."""
    message = Message(
        "id",
        1,
        bytes.fromhex(FIXED_BODY),
        0,
        60,
        key_id=FIXED_ID,
    )

    assert RING.opened(message, "p").body == b'"kept"'
