# SPDX-License-Identifier: Apache-2.0
"""The matchers of the cases: each raises a mismatch that says what was expected and observed.

All wording of findings is here. A matcher is exact where the API is exact and tolerant where it
leaves something open: ids and markers are opaque, texts for humans are free. This module sends
nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NoReturn

from zaqar_conformance.case import Mismatch
from zaqar_conformance.exchange import Exchange

#: Longer values are cut in what is said of them; the exchange has them in full.
_LONGEST_SAID: Final = 200

_MESSAGE_KEYS: Final = frozenset({"id", "href", "ttl", "age", "body"})
_SUBSCRIPTION_KEYS: Final = frozenset(
    {"id", "source", "subscriber", "ttl", "age", "options", "confirmed"}
)


# -- the answer as a whole


def status(exchange: Exchange, *expected: int) -> None:
    """The answer has one of these statuses."""
    if exchange.status not in expected:
        told = f"status {exchange.status}" if exchange.status else "no answer"
        body = f": {_cut(' '.join(exchange.text.split()))}" if exchange.text else ""
        wanted = " or ".join(map(str, expected))
        raise Mismatch(f"status {wanted} for {_request(exchange)}", told + body)


def header(exchange: Exchange, name: str, expected: str) -> None:
    """The header has exactly this value."""
    observed = exchange.headers.get(name)
    if observed != expected:
        raise Mismatch(f"{name}: {expected}", _header(name, observed))


def header_like(exchange: Exchange, name: str, pattern: str, meaning: str) -> str:
    """The value of the header, which has this form from end to end."""
    observed = exchange.headers.get(name)
    if observed is None or not re.fullmatch(pattern, observed):
        raise Mismatch(f"{name}: {meaning}", _header(name, observed))
    return observed


def no_header(exchange: Exchange, name: str) -> None:
    """The answer does not have the header."""
    if name in exchange.headers:
        raise Mismatch(f"no header {name}", _header(name, exchange.headers[name]))


def no_body(exchange: Exchange) -> None:
    """The answer has no body at all."""
    if exchange.body:
        raise Mismatch(f"no body for {_request(exchange)}", f"the body {_cut(exchange.text)}")


def json_of(exchange: Exchange) -> Any:
    """The body, which is valid JSON."""
    try:
        return json.loads(exchange.body, parse_constant=_not_json)
    except ValueError:
        raise Mismatch(f"JSON for {_request(exchange)}", _cut(exchange.text) or "no body") from None


def object_of(exchange: Exchange) -> dict[str, Any]:
    """The body, which is a JSON object."""
    return an_object("the body", json_of(exchange))


def error_object(exchange: Exchange) -> dict[str, Any]:
    """The body, which is the API's error object in application/json."""
    media_type(exchange, "application/json")
    error = object_of(exchange)
    if not isinstance(error.get("title"), str) or not error["title"]:
        raise Mismatch("an error object with the text member title", said(error))
    return error


def media_type(exchange: Exchange, expected: str) -> None:
    """The Content-Type is this one; parameters are free."""
    observed = exchange.headers.get("Content-Type")
    if observed is None or observed.partition(";")[0].strip().lower() != expected:
        raise Mismatch(f"Content-Type: {expected}", _header("Content-Type", observed))


# -- values


def equal(what: str, observed: object, expected: object) -> None:
    """The values are the same JSON: 1, 1.0 and true are three values."""
    if _canonical(observed) != _canonical(expected):
        raise Mismatch(f"{what}: {said(expected)}", said(observed))


def same_items(what: str, observed: Sequence[object], expected: Sequence[object]) -> None:
    """The values are the same JSON, in whatever order."""
    if sorted(map(_canonical, observed)) != sorted(map(_canonical, expected)):
        raise Mismatch(f"{what}, in any order: {said(expected)}", said(observed))


def between(what: str, observed: object, low: int, high: int) -> None:
    """The value is an integer from low to high."""
    if not isinstance(observed, int) or isinstance(observed, bool) or not low <= observed <= high:
        raise Mismatch(f"{what}: an integer from {low} to {high}", said(observed))


def absent(what: str, observed: object, holder: object) -> None:
    """The value does not occur in the holder, which is an array or an object."""
    if not isinstance(holder, Collection) or observed in holder:
        raise Mismatch(f"{what} without {said(observed)}", said(holder))


def present(what: str, observed: object, holder: object) -> None:
    """The value occurs in the holder, which is an array or an object."""
    if not isinstance(holder, Collection) or observed not in holder:
        raise Mismatch(f"{what} with {said(observed)}", said(holder))


def distinct(what: str, observed: Sequence[str]) -> None:
    """No value occurs twice."""
    twice = sorted({value for value in observed if observed.count(value) > 1})
    if twice:
        raise Mismatch(f"{what}, each once", f"more than once: {said(twice)}")


def like(what: str, observed: object, pattern: str, meaning: str) -> None:
    """The value is a string of this form from end to end."""
    if not isinstance(observed, str) or not re.fullmatch(pattern, observed):
        raise Mismatch(f"{what}: {meaning}", said(observed))


def an_object(what: str, observed: object) -> dict[str, Any]:
    """The value, which is a JSON object."""
    if not isinstance(observed, dict):
        raise Mismatch(f"{what}: an object", said(observed))
    return observed


def an_array(what: str, observed: object) -> list[Any]:
    """The value, which is a JSON array."""
    if not isinstance(observed, list):
        raise Mismatch(f"{what}: an array", said(observed))
    return observed


def objects(what: str, observed: object) -> list[dict[str, Any]]:
    """The value, which is an array of objects."""
    return [an_object(f"an element of {what}", item) for item in an_array(what, observed)]


def keys(
    what: str, observed: Mapping[str, object], required: Collection[str], *optional: str
) -> None:
    """The object has all required keys and none beyond the optional ones."""
    missing = sorted(set(required) - set(observed))
    foreign = sorted(set(observed) - set(required) - set(optional))
    if missing or foreign:
        told = [f"missing {said(missing)}"] * bool(missing) + [f"also {said(foreign)}"] * bool(
            foreign
        )
        raise Mismatch(f"{what} with the keys {said(sorted(required))}", ", ".join(told))


def member(what: str, holder: Mapping[str, Any], key: str) -> Any:
    """The member of that key, which the object has."""
    if key not in holder:
        raise Mismatch(f"{what} with the key {key}", said(holder))
    return holder[key]


# -- shapes of the API


def messages(exchange: Exchange, *expected: int) -> list[dict[str, Any]]:
    """The messages of an answer, which has one of these statuses or 200."""
    status(exchange, *(expected or (200,)))
    return objects("messages", member("the body", object_of(exchange), "messages"))


def only_message(exchange: Exchange, *expected: int) -> dict[str, Any]:
    """The message of an answer, which has exactly one."""
    found = messages(exchange, *expected)
    equal("the number of messages", len(found), 1)
    return found[0]


def bodies(exchange: Exchange, *expected: int) -> list[Any]:
    """The bodies of the messages of an answer."""
    return [member("a message", message, "body") for message in messages(exchange, *expected)]


def message_shape(message: Mapping[str, Any]) -> None:
    """A message as lists, fetches and claims give it; clients break on a foreign key."""
    keys("a message", message, _MESSAGE_KEYS, "checksum")
    like("the id of a message", message["id"], r"[^/?#]+", "text that fits into a path")
    between("the ttl of a message", message["ttl"], 0, 2**63)
    between("the age of a message", message["age"], 0, 2**63)


def subscription_id(exchange: Exchange) -> str:
    """The id in the answer to a subscription."""
    status(exchange, 201)
    observed = object_of(exchange).get("subscription_id")
    like("subscription_id", observed, r"[^/?#]+", "text that fits into a path")
    return str(observed)


def subscriptions(exchange: Exchange) -> list[dict[str, Any]]:
    """The subscriptions of a list, each with all its members and no other."""
    status(exchange, 200)
    found = objects("subscriptions", member("the body", object_of(exchange), "subscriptions"))
    for subscription in found:
        keys("a subscription", subscription, _SUBSCRIPTION_KEYS)
    return found


def subscription(exchange: Exchange) -> dict[str, Any]:
    """The subscription of an answer, with all its members and no other."""
    status(exchange, 200)
    found = object_of(exchange)
    keys("a subscription", found, _SUBSCRIPTION_KEYS)
    return found


def queue_names(exchange: Exchange) -> list[str]:
    """The names in a list of queues."""
    status(exchange, 200)
    queues = objects("queues", member("the body", object_of(exchange), "queues"))
    return [str(member("an entry of queues", queue, "name")) for queue in queues]


def topic_names(exchange: Exchange) -> list[str]:
    """The names in a list of topics."""
    status(exchange, 200)
    topics = objects("topics", member("the body", object_of(exchange), "topics"))
    return [str(member("an entry of topics", topic, "name")) for topic in topics]


def next_link(exchange: Exchange) -> str | None:
    """Where the page leads on to, if it has links; there is no other kind of link."""
    status(exchange, 200)
    links = objects("links", member("the body", object_of(exchange), "links"))
    if not links:
        return None
    equal("rel of the links", [link.get("rel") for link in links], ["next"])
    href = links[0].get("href")
    like("href of the next link", href, r"/v2/\S*", "a path that begins with /v2/")
    return str(href)


# -- wording


def said(value: object) -> str:
    """A value as it stands in a finding."""
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SAID else f"{text[:_LONGEST_SAID]}... ({len(text)} chars)"


def _header(name: str, value: str | None) -> str:
    return f"no header {name}" if value is None else f"{name}: {_cut(value)}"


def _request(exchange: Exchange) -> str:
    path = "/" + exchange.url.split("/", 3)[-1]
    return f"{exchange.method} {_cut(path)}"


def _not_json(constant: str) -> NoReturn:
    raise ValueError(constant)
