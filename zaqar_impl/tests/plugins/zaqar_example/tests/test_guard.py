# SPDX-License-Identifier: Apache-2.0
"""The filter, told of messages as the service tells it."""

from typing import Any

import pytest
from zaqar_example.guard import Guard

from zaqar_impl.filters import Refused
from zaqar_impl.filters.testing import incoming, outgoing

NOTHING: dict[str, Any] = {"refuse": [], "redact": [], "hide": []}


async def test_a_body_with_an_unwanted_member_is_refused() -> None:
    """At any depth."""
    guard = Guard(NOTHING | {"refuse": ["card"]})

    with pytest.raises(Refused, match="card"):
        await guard.on_post(incoming({"customer": [{"card": "4111"}]}))


async def test_a_queue_may_refuse_more() -> None:
    """Its owner says so in the queue's metadata."""
    guard = Guard(NOTHING)

    with pytest.raises(Refused, match="born"):
        await guard.on_post(incoming({"born": 1970}, metadata={"refuse": ["born"]}))


@pytest.mark.parametrize("refuse", [5, None, True, "born", {"born": 1}, [["born"], None]])
async def test_a_queue_may_have_other_things_there(refuse: Any) -> None:
    """They mean nothing to the filter, and do not make it fail."""
    await Guard(NOTHING).on_post(incoming({"born": 1970}, metadata={"refuse": refuse}))


async def test_members_are_redacted_on_post_and_hidden_on_delivery() -> None:
    """The rest stays."""
    guard = Guard(NOTHING | {"redact": ["password"], "hide": ["phone"]})
    posted = incoming({"user": "ada", "password": "x", "phone": "1"})
    shown = outgoing({"user": "ada", "password": "***", "phone": "1"})

    await guard.on_post(posted)
    await guard.on_delivery(shown)

    assert posted.body == {"user": "ada", "password": "***", "phone": "1"}
    assert shown.body == {"user": "ada", "password": "***", "phone": "***"}


def test_contradicting_options_are_told() -> None:
    """What is refused need not be redacted."""
    with pytest.raises(ValueError, match="card"):
        Guard(NOTHING | {"refuse": ["card"], "redact": ["card"]})
