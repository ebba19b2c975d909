# SPDX-License-Identifier: Apache-2.0
"""The cases judge any deployment: other limits, other ids and markers, another place, tokens."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from zaqar_conformance import administer, specdoc
from zaqar_conformance.case import Unsupported, registry
from zaqar_conformance.client import Api
from zaqar_conformance.target import Limits, Target

from .miniature import Answer, Miniature, Refusal, Request
from .miniature.reading import Query
from .miniature.state import Call, Message
from .trying import deployed, tried

CASES = registry()

#: Cases that two projects, or the choice of one, are needed for.
_OF_PROJECTS: Final = (
    "project.",
    "headers.project-",
    "queue-list.",
    "topic-list.",
    "http.unneeded-headers/token",
    "flavor.every-project",
    "pool-queue-move.others-stay",
    "websocket-request.project-length",
    "websocket-request.own-headers",
    "websocket-action.authenticate",
)

#: Profiles that a deployment has only where it is switched on.
_OPTIONAL: Final = ("admin", "queue-moves")


class Elsewhere(Miniature):
    """As right as the miniature, and different wherever a deployment may be."""

    most_queues = 30
    most_messages = 8
    most_popped = most_claimed = 9
    most_metadata = 10_000
    most_posted = 100_000
    message_ttl = (60, 5000)
    message_delay = (0, 100)
    claim_ttl = (60, 3000)
    claim_grace = (60, 1000)
    most_subscriptions = 7
    most_pools = 6
    most_flavors = 5
    default_subscription_ttl = 600
    default_claim_ttl = 120
    default_claim_grace = 90
    ranges = {  # noqa: RUF012 - as in the miniature
        "_default_message_ttl": (60, 5000),
        "_dead_letter_queue_messages_ttl": (60, 5000),
        "_max_messages_post_size": (1, 100_000),
        "_default_message_delay": (0, 100),
    }

    def respond(self, request: Request) -> Answer:
        """The answer under a path of its own, with one slash less in it."""
        if not request.target.startswith("/messaging/"):
            return Answer(502, b"no such service")
        return super().respond(replace(request, target=request.target.removeprefix("/messaging")))

    def integer(self, query: Query, name: str, default: int, low: int, high: int) -> int:
        """A number, which is never larger by default than it may be when it is asked for."""
        return super().integer(query, name, min(default, high), low, high)

    def defaults(self) -> dict[str, Any]:
        """What is always shown."""
        own = {
            "_default_message_ttl": 1800,
            "_max_messages_post_size": 100_000,
            "_default_message_delay": 7,
        }
        return {**super().defaults(), **own}

    def new_id(self) -> str:
        """Ids of another form."""
        return f"Id_{next(self.numbers)}~{'z' * 40}"

    def marker(self, message: Message) -> str:
        """Markers of another form, with signs that a URL has to escape."""
        return "+/" + base64.b64encode(super().marker(message).encode()).decode() + "&="

    def position_of(self, call: Call) -> float:
        """Where such a marker leads."""
        marker = call.query.last("marker")
        if marker is not None and marker.startswith("+/"):
            plain = base64.b64decode(marker[2:-2]).decode()
            return float(plain.removeprefix("m"))
        return 0 if marker is None else float("inf")

    def shown(self, call: Call, message: Message) -> dict[str, Any]:
        """A message with its checksum."""
        shown = super().shown(call, message)
        if message.body is None:
            return shown
        text = json.dumps(message.body).encode()
        return {**shown, "checksum": f"MD5:{hashlib.md5(text).hexdigest()}"}

    def shown_popped(self, call: Call, message: Message) -> dict[str, Any]:
        """A popped message, which has none."""
        shown = super().shown_popped(call, message)
        return {key: value for key, value in shown.items() if key != "checksum"}


LIMITS: Final = Limits(
    max_queues_per_page=30,
    max_messages_per_page=8,
    max_messages_per_claim_or_pop=9,
    max_queue_metadata=10_000,
    max_messages_post_size=100_000,
    max_message_ttl=5000,
    max_message_delay=100,
    max_claim_ttl=3000,
    max_claim_grace=1000,
    default_message_ttl=1800,
    default_message_delay=7,
    default_claim_ttl=120,
    default_claim_grace=90,
    max_subscriptions_per_page=7,
    max_pools_per_page=6,
    max_flavors_per_page=5,
    default_subscription_ttl=600,
)


@pytest.fixture
def elsewhere() -> Iterator[tuple[Elsewhere, Target]]:
    """Such a deployment, and where it answers."""
    server = Elsewhere()
    with deployed(server, "/messaging") as target:
        yield server, target


def test_every_case_passes_on_another_deployment(elsewhere: tuple[Elsewhere, Target]) -> None:
    """What the API leaves open is nobody's fault."""
    server, target = elsewhere

    raised = {
        case.id: outcome
        for case in CASES.values()
        if (outcome := tried(case, target, server.advance, LIMITS)) is not None
    }

    assert raised == {}


@pytest.mark.parametrize(
    "id",
    [
        "headers.client-id-malformed",
        "headers.client-id-spellings",
        "websocket-request.client-id-malformed",
    ],
)
def test_uuids_are_not_asked_of_who_takes_any_client_id(id: str) -> None:
    """Where any text is a Client-ID, the rules of its UUID are not supported."""
    server = Miniature()

    with deployed(server) as target:
        raised = tried(CASES[id], target, server.advance, Limits(client_id_uuid_safe="off"))

    assert isinstance(raised, Unsupported)


def test_encryption_is_not_asked_of_who_has_no_key() -> None:
    """Where the flag is refused, its own rules hold, and all other cases are not supported."""
    server = Miniature()
    server.has_key = False

    with server.serving() as url:
        raised = {
            id: tried(CASES[id], Target(url), server.advance)
            for id in CASES
            if id.startswith("encryption.")
        }

    asked = {id for id, outcome in raised.items() if outcome is None}
    assert asked == {"encryption.flag-shown", "encryption.flag-boolean"}
    assert {type(outcome) for id, outcome in raised.items() if id not in asked} == {Unsupported}


def test_only_cases_of_projects_are_unsupported_with_a_token() -> None:
    """With a token every case passes but those that choose their project."""
    server = Miniature()

    with deployed(server, headers={"X-Auth-Token": "t"}) as target:
        outcomes = {case.id: tried(case, target, server.advance) for case in CASES.values()}

    unsupported = {id for id, raised in outcomes.items() if isinstance(raised, Unsupported)}
    assert {id for id in unsupported if not id.startswith(_OF_PROJECTS)} == set()
    assert unsupported | {id for id, raised in outcomes.items() if raised is None} == set(CASES)


def _of_optional_profiles() -> set[str]:
    """The cases of administration, but for those of queues, which any deployment has."""
    rules = specdoc.load().requirements
    return {case.id for case in CASES.values() if rules[case.requirement].profile in _OPTIONAL}


@pytest.mark.parametrize(
    ("off", "headers_of"),
    [
        (("/v2/health", "/v2/pools", "/v2/flavors"), ()),
        (("/v2/pools", "/v2/flavors"), ("check-node-health.",)),
        (("/v2/pools/{name}/queues",), ("check-node-health.", "pool", "flavor", "queue-")),
    ],
    ids=["no administration", "no pools", "no extension"],
)
def test_what_is_switched_off_is_not_asked_for(
    off: tuple[str, ...], headers_of: tuple[str, ...]
) -> None:
    """It is skipped with a reason, and nothing else is."""
    server = Miniature()
    server.switched_off = off

    with server.serving() as url:
        outcomes = {
            id: tried(CASES[id], Target(url), server.advance) for id in _of_optional_profiles()
        }

    assert {id for id, raised in outcomes.items() if raised} - _skipped(outcomes) == set()
    passed = {id for id, raised in outcomes.items() if raised is None}
    assert {id for id in passed if not id.startswith(headers_of)} == set()
    assert {id for id in passed if id.startswith("pool-queue-")} == set()


def _skipped(outcomes: dict[str, Exception | None]) -> set[str]:
    return {id for id, raised in outcomes.items() if isinstance(raised, Unsupported)}


@pytest.mark.parametrize("word", ["health", "pools", "flavors"])
def test_actions_of_what_is_switched_off_are_unknown(word: str) -> None:
    """Where REST has no such paths the WebSocket has no such actions, and that is right."""
    server = Miniature()
    server.switched_off = ("/v2/health", "/v2/pools", "/v2/flavors")

    with deployed(server) as target:
        raised = tried(CASES[f"websocket-extension.{word}"], target, server.advance)

    assert raised is None


def test_nothing_is_said_of_a_websocket_that_is_not_known() -> None:
    """Without its URL nothing of the WebSocket is asked for, and nothing of it fails."""
    server = Miniature()
    of_websocket = [id for id in CASES if id.startswith("websocket-")]

    with server.serving() as url:
        raised = {id: tried(CASES[id], Target(url), server.advance) for id in of_websocket}

    assert {id for id, outcome in raised.items() if not isinstance(outcome, Unsupported)} == set()


def test_who_is_no_administrator_is_not_asked_to_be_one() -> None:
    """403 is an answer to the caller, and says nothing of the deployment."""

    class Closed(Miniature):
        """Has no administrators."""

        def check_name_of(self, template: str, name: str) -> None:
            if template.startswith(("/v2/pools", "/v2/flavors", "/v2/health")):
                raise Refusal(403, "the caller is no administrator")
            super().check_name_of(template, name)

        def pool_list(self, call: Call) -> Answer:
            raise Refusal(403, "the caller is no administrator")

        check_node_health = pool_list

    server = Closed()
    with server.serving() as url:
        outcomes = {
            id: tried(CASES[id], Target(url), server.advance) for id in _of_optional_profiles()
        }

    assert _skipped(outcomes) == set(outcomes)


def test_pools_are_not_made_of_nothing() -> None:
    """Without stores of their own, cases of pools are skipped with a word of advice."""
    server = Miniature()

    with server.serving() as url:
        api = Api(Target(url))
        with pytest.raises(Unsupported, match="give --pool-uri 2 times"):
            administer.uris(api, 2)
