# SPDX-License-Identifier: Apache-2.0
"""The version document, the home document and ping."""

from __future__ import annotations

import re
from typing import Any, Final

from zaqar_conformance import match, paths
from zaqar_conformance.case import case
from zaqar_conformance.client import Api

_Q: Final = "/v2/queues/{queue_name}"

#: Relation: template without its query, variables of the query, methods. The name of the claim in
#: the query of rel/message_delete is a rule of its own.
_RELATIONS: Final[dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "rel/queues": ("/v2/queues", ("marker", "limit", "detailed"), ("GET",)),
    "rel/queue": (_Q, (), ("GET", "PUT", "DELETE", "PATCH")),
    "rel/queue_stats": (f"{_Q}/stats", (), ("GET",)),
    "rel/queue_purge": (f"{_Q}/purge", (), ("POST",)),
    "rel/messages": (
        f"{_Q}/messages",
        ("marker", "limit", "echo", "include_claimed"),
        ("GET",),
    ),
    "rel/post_messages": (f"{_Q}/messages", (), ("POST",)),
    "rel/messages_delete": (f"{_Q}/messages", ("ids", "pop"), ("DELETE",)),
    "rel/message_delete": (f"{_Q}/messages/{{message_id}}", (), ("DELETE",)),
    "rel/message_get": (f"{_Q}/messages/{{message_id}}", (), ("GET",)),
    "rel/claim": (f"{_Q}/claims/{{claim_id}}", (), ("GET",)),
    "rel/post_claim": (f"{_Q}/claims", ("limit",), ("POST",)),
    "rel/patch_claim": (f"{_Q}/claims/{{claim_id}}", (), ("PATCH",)),
    "rel/delete_claim": (f"{_Q}/claims/{{claim_id}}", (), ("DELETE",)),
}

_T: Final = "/v2/topics/{topic_name}"
_OF_TOPICS: Final = {
    "rel/topics": ("/v2/topics", ("marker", "limit", "detailed", "name", "with_count")),
    "rel/topic": (_T, ()),
    "rel/topic_stats": (f"{_T}/stats", ()),
    "rel/topic_purge": (f"{_T}/purge", ()),
    "rel/topic_messages": (f"{_T}/messages", ("marker", "limit", "echo", "include_delayed")),
    "rel/topic_message": (f"{_T}/messages/{{message_id}}", ()),
    "rel/topic_subscriptions_get": (f"{_T}/subscriptions", ("marker", "limit")),
    "rel/topic_subscription": (f"{_T}/subscriptions/{{subscription_id}}", ()),
}


@case("get-version-doc.document")
def version_document(api: Api) -> None:
    """The root names version 2 as current and where it is."""
    answer = api.get("/")

    match.status(answer, 300)
    match.media_type(answer, "application/json")
    versions = match.objects("versions", match.object_of(answer).get("versions"))
    match.equal("version ids", [version.get("id") for version in versions], ["2"])
    match.equal("status", versions[0].get("status"), "CURRENT")
    links = match.objects("links", versions[0].get("links"))
    match.present("links", {"href": "/v2/", "rel": "self"}, links)


@case("get-version-doc.needs-no-headers", needs=("get-version-doc.document",))
def version_document_without_headers(api: Api) -> None:
    """The root answers a caller that says nothing of itself."""
    nothing = dict.fromkeys(["Client-ID", "X-Project-ID", *api.target.headers])
    match.status(api.get("/", headers=nothing), 300)


@case("get-version-doc.updated-literal", needs=("get-version-doc.document",))
def version_document_updated(api: Api) -> None:
    """The date of the version is the literal that clients know."""
    versions = match.objects("versions", match.object_of(api.get("/")).get("versions"))
    match.equal("updated", [one.get("updated") for one in versions], ["2014-9-24T04:06:47Z"])


@case("get-home-doc.document")
def home_document(api: Api) -> None:
    """The home document is json-home and may be kept for a day."""
    answer = api.get(paths.HOME)

    match.status(answer, 200)
    match.media_type(answer, "application/json-home")
    match.header(answer, "Cache-Control", "max-age=86400")
    match.an_object("resources", match.object_of(answer).get("resources"))


@case("get-home-doc.relations", needs=("get-home-doc.document",))
def home_relations(api: Api) -> None:
    """Each relation says its path, the variables in it, and how it is used."""
    resources = _resources(api)
    for relation, (path, variables, methods) in _RELATIONS.items():
        entry = match.an_object(relation, resources.get(relation))
        _template(relation, entry, path, variables)
        hints = match.an_object(f"hints of {relation}", entry.get("hints"))
        for method in methods:
            match.present(f"allow of {relation}", method, hints.get("allow", []))
        match.present(f"formats of {relation}", "application/json", hints.get("formats", {}))


@case("get-home-doc.topics", needs=("get-home-doc.document",))
def home_topics(api: Api) -> None:
    """Topics and what is below them have relations too."""
    resources = _resources(api)
    for relation, (path, variables) in _OF_TOPICS.items():
        _template(relation, match.an_object(relation, resources.get(relation)), path, variables)


@case("get-home-doc.claim-variable", needs=("get-home-doc.relations",))
def home_claim_variable(api: Api) -> None:
    """The variable for the claim of a message is called as the server reads it."""
    entry = match.an_object("rel/message_delete", _resources(api).get("rel/message_delete"))
    match.present("variables", "claim_id", _variables(str(entry.get("href-template"))))


@case("ping-node.no-content")
def ping(api: Api) -> None:
    """Ping is answered with nothing."""
    for method in ("GET", "HEAD"):
        answer = api.request(method, paths.PING)
        match.status(answer, 204)
        match.no_body(answer)


def _resources(api: Api) -> dict[str, Any]:
    answer = api.get(paths.HOME)
    match.status(answer, 200)
    return match.an_object("resources", match.object_of(answer).get("resources"))


def _template(relation: str, entry: dict[str, Any], path: str, variables: tuple[str, ...]) -> None:
    template = str(match.member(relation, entry, "href-template"))
    match.equal(f"path of {relation}", template.partition("{?")[0], path)
    for variable in variables:
        match.present(f"query of {relation}", variable, _variables(template))
    named = match.an_object(f"href-vars of {relation}", entry.get("href-vars"))
    for variable in _variables(template):
        match.present(f"href-vars of {relation}", variable, named)


def _variables(template: str) -> list[str]:
    """The names in the braces of a template."""
    groups = re.findall(r"\{\??([^}]*)\}", template)
    return [name for group in groups for name in group.split(",")]
