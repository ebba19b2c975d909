# SPDX-License-Identifier: Apache-2.0
"""Dead letter queues that have dead letter queues."""

import httpx


async def test_dead_letters_of_dead_letters(api: httpx.AsyncClient) -> None:
    """A chain is allowed, and the count goes on: what was claimed too often for both queues moves
    to the third at the first attempt."""
    for name, dead in (("a", "b"), ("b", "c")):
        await api.put(
            f"/v2/queues/{name}", json={"_max_claim_count": 1, "_dead_letter_queue": dead}
        )
    await api.post("/v2/queues/a/messages", json={"messages": [{"body": "x"}]})
    held = await api.post("/v2/queues/a/claims")
    await api.delete(held.headers["location"])

    moving = [(await api.post(f"/v2/queues/{name}/claims")).status_code for name in ("a", "b")]

    assert moving == [204, 204]
    [last] = (await api.delete("/v2/queues/c/messages", params={"pop": 1})).json()["messages"]
    assert (last["body"], last["claim_count"]) == ("x", 1)
