# SPDX-License-Identifier: Apache-2.0
"""The fixed ids of generated cases: one for each check and each operation it makes sense for.

However many requests are generated, they end in these ids, so a finding has the same name in every
run. This module knows what is checked; how requests are made and answers looked at is the
business of `engine`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zaqar_conformance.generate.operations import Operation, operations
from zaqar_conformance.report import CaseLine
from zaqar_conformance.verdict import Level, Outcome

PREFIX = "generated."


@dataclass(frozen=True)
class Check:
    """One property that every answer to generated requests must have."""

    #: The part of the id that names it.
    word: str
    #: What the tool that looks at the answers calls it.
    tool: str
    #: The rule in words; `{operation}` stands for the operation's name.
    sentence: str

    @property
    def requirement(self) -> str:
        """The id of the rule, whatever the operation."""
        return f"{PREFIX}{self.word}"


SERVER_ERROR = Check(
    "server-error",
    "not_a_server_error",
    "No request to {operation} is answered with a 5xx status, or with nothing.",
)
UNDECLARED_STATUS = Check(
    "undeclared-status",
    "status_code_conformance",
    "Every answer of {operation} has a status that the specification declares for it.",
)
CONTENT_TYPE = Check(
    "content-type",
    "content_type_conformance",
    "Every answer of {operation} has the content type declared for its status.",
)
RESPONSE_HEADERS = Check(
    "response-headers",
    "response_headers_conformance",
    "Every answer of {operation} has the headers declared for its status.",
)
RESPONSE_SCHEMA = Check(
    "response-schema",
    "response_schema_conformance",
    "Every body that {operation} answers with fits the schema declared for its status.",
)
BAD_DATA_ACCEPTED = Check(
    "bad-data-accepted",
    "negative_data_rejection",
    "{operation} refuses every request that breaks its schema.",
)
GOOD_DATA_REFUSED = Check(
    "good-data-refused",
    "positive_data_acceptance",
    "{operation} answers no request that fits its schema with 400.",
)
UNDECLARED_METHOD = Check(
    "undeclared-method",
    "unsupported_method",
    "A method that is not declared for the path of {operation} is answered with 405.",
)
LOST_RESOURCE = Check(
    "lost-resource",
    "ensure_resource_availability",
    "{operation} finds what the answer just before it said was created.",
)

CHECKS: Sequence[Check] = (
    SERVER_ERROR,
    UNDECLARED_STATUS,
    CONTENT_TYPE,
    RESPONSE_HEADERS,
    RESPONSE_SCHEMA,
    BAD_DATA_ACCEPTED,
    GOOD_DATA_REFUSED,
    UNDECLARED_METHOD,
    LOST_RESOURCE,
)

#: Operations with rules that no schema of theirs can say, so a 400 may be right all the same.
#: Their rules are tried by written cases.
_REFUSES_MORE_THAN_ITS_SCHEMA = {
    "message_delete_many": "exactly one of ids and pop has to be given",
    "message_delete": "a claim that is named has to hold the message",
    "flavor_create": "the pools have to exist",
    "flavor_update": "the pools have to exist",
    "message_post": "the queue may bound the size of a post below the deployment's limit",
    "pool_create": "a store has to answer",
    "pool_update": "a store has to answer, and something has to be given",
    "queue_create": "members of a retry policy depend on each other",
    "queue_get_head": "a deployment need not have it",
    "queue_share": "an expiry has to lie ahead, and a deployment without a key shares nothing",
    "queue_update": "the metadata that results is checked, not only the patch",
    "subscription_create": "a subscriber is a URI that can be notified",
    "subscription_update": "a subscriber is a URI, and something has to be given",
    "topic_message_delete_many": "exactly one of ids and pop has to be given",
    "topic_message_delete": "no message of a topic has a claim that could be named",
    "topic_message_post": "the topic may bound the size of a post below the deployment's limit",
    "topic_create": "members of a retry policy depend on each other",
    "topic_get_head": "a deployment need not have it",
    "topic_update": "the metadata that results is checked, not only the patch",
    "topic_subscription_create": "a subscriber is a URI that can be notified",
    "topic_subscription_update": "a subscriber is a URI, and something has to be given",
}


@dataclass(frozen=True)
class Planned:
    """A check of one operation."""

    check: Check
    operation: Operation
    profile: str

    @property
    def id(self) -> str:
        """The fixed id that a finding has in every run."""
        return f"{self.check.requirement}/{self.operation.id}"

    def line(self, outcome: Outcome, **members: Any) -> CaseLine:
        """The line of the report about it."""
        return CaseLine(
            id=self.id,
            requirement=self.check.requirement,
            level=Level.MUST,
            profile=self.profile,
            sentence=self.check.sentence.format(operation=self.operation.id),
            outcome=outcome,
            source="the OpenAPI document",
            **members,
        )


def plan(document: Mapping[str, Any], profiles: Mapping[str, str]) -> list[Planned]:
    """Every generated case for the operations of the document."""
    every = operations(document).values()
    linked = frozenset().union(*(operation.links for operation in every))
    return [
        Planned(check, operation, operation.profile(profiles))
        for operation in every
        for check in _checks_of(operation, operation.id in linked)
    ]


def _checks_of(operation: Operation, is_linked: bool) -> Iterator[Check]:
    for check in CHECKS:
        if check is GOOD_DATA_REFUSED and operation.id in _REFUSES_MORE_THAN_ITS_SCHEMA:
            continue
        if check is LOST_RESOURCE and not (operation.method == "GET" and is_linked):
            continue
        yield check
