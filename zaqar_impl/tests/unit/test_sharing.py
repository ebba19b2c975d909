# SPDX-License-Identifier: Apache-2.0
"""Signatures: the form that clients and other servers know, and what they open."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaqar_impl.domain.sharing import Share, Signing, fault, signature, time_of, written

KEY = "k3y"
SHARE = Share(
    paths=("/v2/queues/a/messages",),
    methods=("GET", "POST"),
    project="p1",
    expires="2030-01-02T03:04:05",
)
SIGNED = "96ceea0cda0099ef26a205b9847ae4481033b46a5636f7ab64c0441eeedd59e0"
END = 1893553445
PATH = "/v2/queues/a/messages"


def opened(share: Share = SHARE, shown: str = SIGNED, key: str = KEY, **asked: object) -> bool:
    """Whether the signature opens what is asked for: GET on the shared path, before the end."""
    known = {"method": "GET", "path": PATH, "now": END - 1, **asked}
    return fault(key, share, shown, **known) is None  # type: ignore[arg-type]


def test_signature_is_the_one_that_all_zaqars_make() -> None:
    """The test vector of the record of the API: a backslash and an n between the parts."""
    assert signature(KEY, SHARE) == SIGNED


def test_order_plays_no_part() -> None:
    """Paths and methods are sets."""
    both = replace(SHARE, paths=(PATH, "/v2/queues/a/claims"))

    assert signature(KEY, replace(SHARE, methods=("POST", "GET"))) == SIGNED
    assert signature(KEY, both) == signature(KEY, replace(both, paths=both.paths[::-1]))


def test_signs_the_link_of_a_confirmation() -> None:
    """One path, PUT: what confirms a subscription is signed as any share is."""
    path = "/v2/queues/a/subscriptions/s1/confirm"
    link = Share((path,), ("PUT",), "p1", "2030-01-02T03:04:05")

    assert opened(link, signature(KEY, link), method="PUT", path=path)
    assert not opened(link, signature(KEY, link), method="PUT", path=path.replace("s1", "s2"))


@pytest.mark.parametrize("path", [PATH, f"{PATH}/m1", f"{PATH}/m1/deeper"])
def test_opens_the_path_and_what_is_below(path: str) -> None:
    """Down to any depth."""
    assert opened(path=path)


@pytest.mark.parametrize(
    "path",
    ["/", "/v2/queues", "/v2/queues/a", f"{PATH}x", f"/x{PATH}", "/v2/queues/A/messages", ""],
)
def test_opens_no_other_path(path: str) -> None:
    """Neither above, nor beside, nor with the path somewhere in it."""
    assert not opened(path=path)


def test_dot_is_a_dot() -> None:
    """A signed path is no pattern (D-14)."""
    dotted = replace(SHARE, paths=("/v2/queues/q.1/messages",))
    signed = signature(KEY, dotted)

    assert opened(dotted, signed, path="/v2/queues/q.1/messages")
    assert not opened(dotted, signed, path="/v2/queues/qx1/messages")


@pytest.mark.parametrize("method", ["PUT", "get", "HEAD", "OPTIONS", "", "GET,POST"])
def test_opens_for_its_methods_only(method: str) -> None:
    """In their letter case."""
    assert not opened(method=method)


def test_opens_until_its_end() -> None:
    """Not in the second in which it ends."""
    assert opened(now=END - 0.001)
    assert not opened(now=END)


@pytest.mark.parametrize("expires", ["", "never", "1893553445", "2030-01-02T03:04:06"])
def test_end_is_signed(expires: str) -> None:
    """It has to be there, and the one that was signed (D-15)."""
    assert not opened(replace(SHARE, expires=expires))


@pytest.mark.parametrize("expires", ["2030-01-02T03:04:05Z", "2030-01-02 05:04:05.9+02:00"])
def test_end_may_be_spelled_otherwise(expires: str) -> None:
    """It is the time that is signed."""
    assert opened(replace(SHARE, expires=expires))


@pytest.mark.parametrize(
    "shown", ["", "0" * 64, SIGNED.upper(), SIGNED[:-1], f"{SIGNED}0", f" {SIGNED}", "\xe9"]
)
def test_other_signatures_open_nothing(shown: str) -> None:
    """An empty one neither (D-11)."""
    assert not opened(shown=shown)


@pytest.mark.parametrize(
    "changed",
    [
        {"paths": (PATH, "/v2/queues")},
        {"methods": ("GET",)},
        {"methods": ("DELETE", "GET", "POST")},
        {"project": "p2"},
        {"project": ""},
    ],
)
def test_changed_share_opens_nothing(changed: dict[str, object]) -> None:
    """More, less or other."""
    assert not opened(replace(SHARE, **changed))  # type: ignore[arg-type]


def test_share_of_one_project_is_none_of_another_by_any_cutting() -> None:
    """A project whose name looks like the end of a share can't sign for another one."""
    own = Share((PATH,), ("DELETE", "GET"), r"GET\np2", SHARE.expires)
    cut = Share((PATH,), ("DELETE", r"GET\nGET"), "p2", SHARE.expires)

    assert signature(KEY, own) == signature(KEY, cut)
    assert opened(own, signature(KEY, own))
    assert not opened(cut, signature(KEY, own), method="DELETE")


def test_other_key_opens_nothing() -> None:
    """A new key ends all that was signed."""
    assert not opened(key="another")


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("2030-01-02", "2030-01-02T00:00:00"),
        ("2030-01-02T03:04", "2030-01-02T03:04:00"),
        ("2030-01-02 03:04:05", "2030-01-02T03:04:05"),
        ("2030-01-02T03:04:05.999999", "2030-01-02T03:04:05"),
        ("2030-01-02T03:04:05,5Z", "2030-01-02T03:04:05"),
        ("2030-01-02T03:04:05+02:30", "2030-01-02T00:34:05"),
        ("2030-01-02T03:04:05-0200", "2030-01-02T05:04:05"),
        ("2030-01-02T03:04:05+02", "2030-01-02T01:04:05"),
    ],
)
def test_times_are_read(text: str, second: str) -> None:
    """In the forms that clients use."""
    seconds = time_of(text)

    assert seconds is not None
    assert written(seconds) == second


@pytest.mark.parametrize(
    "text",
    ["", "20300102", "1893553445", "2030", "2030-01", "2030-W01-2", "2030-13-01", "2030-01-02T",
     "2030-01-02T25:00", "2030-01-02T03:04:61", "2030-01-02x03:04:05", "2030-01-02T03:04:05 ",
     "2030-01-02T03:04:05z", "0000-01-01", "9999-12-31T23:59:59-01:00x", "٢٠٣٠-01-02"],
)  # fmt: skip
def test_what_is_no_time_is_not_read(text: str) -> None:
    """Digits alone may be seconds since the epoch, so they are no date."""
    assert time_of(text) is None


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+01:00"]
)
def test_times_beyond_the_calendar_are_none(text: str) -> None:
    """A zone may lead out of it; such an end opens nothing, and fails nothing."""
    assert time_of(text) is None
    assert not opened(replace(SHARE, expires=text))


@given(st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.,Z+-]{0,20})?\Z") | st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    """What is read can be written, and means the same again."""
    seconds = time_of(text)

    assert seconds is None or time_of(written(seconds)) == seconds


def test_key_is_not_shown() -> None:
    """Settings are logged sometimes."""
    assert KEY not in repr(Signing(KEY, 60))
