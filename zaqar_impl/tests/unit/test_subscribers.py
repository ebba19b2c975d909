# SPDX-License-Identifier: Apache-2.0
"""Which URIs can be subscribed."""

import pytest

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.domain.subscribers import SCHEMES, check_subscriber


@pytest.mark.parametrize(
    "subscriber",
    [
        "http://h",
        "HTTP://hooks.example.org",
        "https://hooks.example.org:8443/in?a=b@c#d",
        "http://my_service:65535/",
        "http://hooks.example.org./",
        "http://192.0.2.1/",
        "https://[2001:db8::1]:1/",
        "http://bücher.example/größe",
        "http://xn--bcher-kva.example/",
        "trust+https://hooks.example.org/in",
        "TRUST+HTTP://hooks.example.org/in",
        "mailto:ops@example.org",
        "mailto:a@example.org,b@example.org?subject=x",
        "mailto:a%2Bb@bücher.example",
    ],
)
def test_what_can_be_notified_is_accepted(subscriber: str) -> None:
    """Names of all kinds, addresses, ports, and queries."""
    check_subscriber(subscriber, SCHEMES)


@pytest.mark.parametrize(
    ("subscriber", "says"),
    [
        ("", "schemes"),
        ("hooks.example.org", "schemes"),
        ("ftp://hooks.example.org", "schemes"),
        ("trust+ftp://hooks.example.org", "schemes"),
        (" http://hooks.example.org", "schemes"),
        ("http:", "no host"),
        ("http:hooks.example.org", "no host"),
        ("https:///in", "no host"),
        ("http://:80/in", "no host"),
        ("http://?a", "no host"),
        ("trust+http:///in", "no host"),
        ("http://h:0/", "port"),
        ("http://h:65536/", "port"),
        ("http://h:-1/", "port"),
        ("http://h:http/", "port"),
        ("http://me:secret@h/", "user or password"),
        ("http://me@h/", "user or password"),
        ("http://@h/", "user or password"),
        ("http://a..b/", "host"),
        (f"http://{'a' * 64}.example/", "host"),
        (f"http://{'a.' * 130}example/", "host"),
        ("http://a\\b/", "host"),
        ("http://a%2eb/", "host"),
        ("http://[::1", "URI"),
        ("http://[fe80::1%eth0]/", "host"),
        ("http://[hooks]/", ""),
        ("http://h/a b", "blank"),
        ("http://h/\r\nX-Key: 1", "blank"),
        ("http://h/\x00", "blank"),
        ("http://h/\u2028", "blank"),
        ("mailto:", "mail address"),
        ("mailto:ops", "mail address"),
        ("mailto:@example.org", "mail address"),
        ("mailto:ops@", "mail address"),
        ("mailto:?subject=x", "mail address"),
        ("mailto:a@b@example.org", "mail address"),
        ("mailto:a@example.org,", "mail address"),
        ("mailto:a%0d%0aBcc:x@example.org", "mail address"),
        ("mailto://ops@example.org", "mail address"),
    ],
)
def test_what_cannot_be_notified_is_refused(subscriber: str, says: str) -> None:
    """The text says what is wrong, and quotes no more than the beginning."""
    with pytest.raises(InvalidInput, match="subscriber") as caught:
        check_subscriber(subscriber, SCHEMES)

    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


def test_schemes_are_the_deployments_choice() -> None:
    """What is not among the types of the deployment is refused."""
    with pytest.raises(InvalidInput, match="none of the schemes https, mailto"):
        check_subscriber("http://h/", ("https", "mailto"))
