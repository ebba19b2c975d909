# SPDX-License-Identifier: Apache-2.0
"""How requests and answers look on the wire, whatever the operation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from zaqar_conformance import arrange, match, observe, paths
from zaqar_conformance.case import Mismatch, case
from zaqar_conformance.client import Api
from zaqar_conformance.exchange import Exchange

_POST: Final = json.dumps({"messages": [{"body": "x"}]}).encode()
_FORM: Final = "application/x-www-form-urlencoded"
_REQUEST_ID: Final = r"req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_INTERNALS: Final = re.compile(
    r"Traceback|File \"|line \d+, in |[Oo]bject has no attribute|pymongo|bson|jsonschema|errmsg"
    r"|not supported between instances|object is not|\bNoneType\b|\bTypeError\b|\bKeyError\b"
)


def _refusals(api: Api) -> Iterator[Exchange]:
    """One refusal of each kind that needs no claim."""
    name = arrange.queue(api)
    patch = {"Content-Type": "application/openstack-messaging-v2.0-json-patch"}
    missing = [{"op": "remove", "path": "/metadata/nothing"}]
    for answer, status in (
        (api.get("/v2/unknown"), 404),
        (api.get(paths.QUEUES, headers={"Client-ID": None}), 400),
        (api.get(paths.queue("no*name")), 400),
        (api.post(paths.queue(name)), 405),
        (api.get(paths.QUEUES, params={"limit": "0"}), 400),
        (api.get(paths.message(name, "0")), 404),
        (api.post(paths.messages(name), data=b"{"), 400),
        (api.post(paths.messages(name), json={"messages": []}), 400),
        (api.patch(paths.queue(name), json=[]), 415),
        (api.patch(paths.queue(name), json=missing, headers=patch), 409),
    ):
        match.status(answer, status)
        yield answer


@case("http.chunked-body", needs=("message-post.created",))
def chunked_body(api: Api) -> None:
    """A post in chunks, without Content-Length, stores its message."""
    name = api.queue_name()

    answer = api.post(paths.messages(name), data=[_POST[:10], _POST[10:]])

    match.status(answer, 201)
    match.equal("the listed bodies", observe.bodies(api, name), ["x"])


@case("http.content-length-invalid")
def content_length_invalid(api: Api) -> None:
    """A Content-Length that is no size is refused."""
    path = paths.messages(api.queue_name())
    for length in ("-1", "abc"):
        match.status(api.raw(api.head_bytes("POST", path, ("Content-Length", length))), 400)


@case("http.content-type-ignored", needs=("message-post.created", "queue-create.created"))
def content_type_ignored(api: Api) -> None:
    """JSON is read under any Content-Type and under none."""
    for media_type in ("text/plain", "application/xml", "nonsense", None):
        name, headers = api.queue_name(), {"Content-Type": media_type}

        created = api.put(paths.queue(name), data=b'{"colour": "red"}', headers=headers)
        posted = api.post(paths.messages(name), data=_POST, headers=headers)

        match.status(created, 201)
        match.equal("the stored metadata", observe.metadata(api, name).get("colour"), "red")
        match.status(posted, 201)


@case("http.form-content-type", needs=("message-post.created", "queue-create.created"))
def form_content_type(api: Api) -> None:
    """A body that is announced as a form is refused although it is JSON."""
    name, headers = api.queue_name(), {"Content-Type": _FORM}

    match.status(api.put(paths.queue(name), data=b"{}", headers=headers), 400)
    match.status(api.post(paths.messages(name), data=_POST, headers=headers), 400)


@case("http.form-content-type-parameters", needs=("message-post.created",))
def form_content_type_parameters(api: Api) -> None:
    """The form type with a charset is read like any other type."""
    headers = {"Content-Type": f"{_FORM}; charset=utf-8"}
    match.status(api.post(paths.messages(api.queue_name()), data=_POST, headers=headers), 201)


@case("http.unneeded-headers/extra-spec")
def extra_spec(api: Api) -> None:
    """EXTRA-SPEC changes nothing, empty or not."""
    for value in ("", "messagecode:x", "unknown:x"):
        match.status(api.get(paths.QUEUES, headers={"EXTRA-SPEC": value}), 200)


@case("http.unneeded-headers/token")
def unneeded_token(api: Api) -> None:
    """A token changes nothing where no token is asked for."""
    api.needs_open_project()
    match.status(api.get(paths.QUEUES, headers={"X-Auth-Token": "notused"}), 200)


@case("http.unneeded-headers/empty-body", needs=("queue-create.created",))
def empty_body_announced(api: Api) -> None:
    """Content-Type with Content-Length 0 does no harm on requests without a body."""
    headers = {"Content-Type": "application/json", "Content-Length": "0"}
    name = api.queue_name()

    match.status(api.put(paths.queue(name), headers=headers), 201)
    match.status(api.get(paths.messages(name), headers=headers), 200)
    match.status(api.delete(paths.queue(name), headers=headers), 204)


@case("http.error-body")
def error_body(api: Api) -> None:
    """Refusals of every kind carry the error object."""
    for answer in _refusals(api):
        match.error_object(answer)


@case("http.error-description", needs=("http.error-body",))
def error_description(api: Api) -> None:
    """The description of a refusal names what is wrong and which bound it broke."""
    message = {"messages": [{"body": 1, "ttl": 59}]}
    most = str(api.limits.max_messages_per_page)
    path = paths.messages(api.queue_name())

    ttl = match.error_object(api.post(path, json=message)).get("description")
    limit = match.error_object(api.get(path, params={"limit": "1000000"})).get("description")

    match.like("description", ttl, r"(?is).*ttl.*60.*|.*60.*ttl.*", "text with ttl and 60")
    match.like("description", limit, rf"(?is).*limit.*{most}.*", f"text with limit and {most}")


@case("http.error-no-internals", needs=("http.error-body",))
def error_no_internals(api: Api) -> None:
    """Nothing of the server's inside shows in an error, also when input is odd."""
    path = paths.messages(api.queue_name())
    odd = [
        api.post(path, json={"messages": [1]}),
        api.post(paths.purge(api.queue_name()), json={"resource_types": None}),
        api.put(paths.queue(api.queue_name()), json={"_default_message_ttl": []}),
    ]
    for answer in [*_refusals(api), *odd]:
        if _INTERNALS.search(answer.text):
            raise Mismatch("an error without internals", match.said(answer.text))


@case("http.no-content-is-empty", needs=("message-post.created", "queue-create.created"))
def no_content_is_empty(api: Api) -> None:
    """Nothing follows the head of a 204."""
    for answer in _no_contents(api):
        match.status(answer, 204)
        match.no_body(answer)
        match.equal("Content-Length", answer.headers.get("Content-Length", "0"), "0")


@case("http.no-content-has-no-type", needs=("http.no-content-is-empty",))
def no_content_has_no_type(api: Api) -> None:
    """What has no body has no media type."""
    for answer in _no_contents(api):
        match.no_header(answer, "Content-Type")


@case("http.path-references", needs=("message-post.created", "queue-create.created"))
def path_references(api: Api) -> None:
    """References are paths below /v2/, wherever the service is mounted."""
    name = api.queue_name()
    created = api.put(paths.queue(name))
    posted = api.post(paths.messages(name), data=_POST)
    listed = api.get(paths.messages(name), params={"echo": "true"})
    queues = api.get(paths.QUEUES, params={"limit": "1"})

    hrefs = [answer.headers.get("Location") for answer in (created, posted)]
    hrefs += match.an_array("resources", match.object_of(posted).get("resources"))
    hrefs += [message.get("href") for message in match.messages(listed)]
    entries = match.objects("queues", match.object_of(queues).get("queues"))
    hrefs += [entry.get("href") for entry in entries]
    hrefs += [match.next_link(listed), match.next_link(queues)]
    for href in hrefs:
        match.like("a reference", href, r"/v2/\S+", "a path that begins with /v2/")


@case("headers.request-id")
def request_id(api: Api) -> None:
    """Answers of every kind carry a request id."""
    for answer in (api.get(paths.QUEUES), api.get(paths.PING), *_refusals(api)):
        match.header_like(answer, "X-OpenStack-Request-ID", _REQUEST_ID, "req- and a UUID")


@case("headers.request-id-unique", needs=("headers.request-id",))
def request_id_unique(api: Api) -> None:
    """Each request gets an id of its own, whatever id it came with."""
    own = "req-00000000-0000-4000-8000-000000000000"
    headers = {"X-OpenStack-Request-ID": own}

    answers = [api.get(paths.PING, headers=headers) for _ in range(3)]

    ids = [answer.headers.get("X-OpenStack-Request-ID", "") for answer in answers]
    match.distinct("request ids", [own, *ids])


def _no_contents(api: Api) -> Iterator[Exchange]:
    """One 204 of each operation that needs no claim, read to the end of its connection."""
    name, ids = arrange.stocked(api, "x")
    for method, path in (
        ("GET", paths.PING),
        ("DELETE", paths.message(name, ids[0])),
        ("POST", paths.purge(name)),
        ("DELETE", paths.queue(name)),
    ):
        length = [("Content-Length", "0")] if method == "POST" else []
        yield api.raw(api.head_bytes(method, path, *length))
