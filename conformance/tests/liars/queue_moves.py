# SPDX-License-Identifier: Apache-2.0
"""Servers that list what lives in a pool wrongly, and lose something on the way to another one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from ..miniature import Answer, Call, Miniature
from ..miniature.state import Queue
from . import lie, nothing

_Key = tuple[str, str]


def _counting_nothing(self: Miniature, project: str, name: str) -> dict[str, Any]:
    return {**Miniature.shown_place(self, project, name), "messages": 0}


def _own_project(self: Miniature, call: Call) -> Answer:
    answer = Miniature.pool_queue_list(self, call)
    content: Any = answer.content
    kept = [queue for queue in content["queues"] if queue["project"] == call.project]
    return replace(answer, content={**content, "queues": kept})


def _one_page(self: Miniature, call: Call) -> Answer:
    answer = Miniature.pool_queue_list(self, call)
    return replace(answer, content={**vars(answer)["content"], "links": []})


def _without(member: str) -> Any:
    def copied(self: Miniature, queue: Queue) -> Queue:
        kind: Any = type(getattr(queue, member))
        return replace(queue, **{member: kind()})

    return copied


def _backwards(self: Miniature, queue: Queue) -> Queue:
    return replace(queue, messages=queue.messages[::-1])


def _new_ids(self: Miniature, queue: Queue) -> Queue:
    return replace(queue, messages=[replace(one, id=self.new_id()) for one in queue.messages])


def _left_behind(self: Miniature, key: _Key, pool: str) -> None:
    self.notes["living"] = key


def _everybodys(self: Miniature, key: _Key, pool: str) -> None:
    for project, name in self.queues:
        if name == key[1]:
            self.places[project, name] = pool


def _unattended(self: Miniature, key: _Key, pool: str) -> None:
    copy = list(self.queues[key].messages)
    self._turn.release()
    time.sleep(0.3)
    self._turn.acquire()
    self.places[key] = pool
    self.queues[key].messages = copy


def _anew(self: Miniature, call: Call) -> Answer:
    body = self.object_of(call.request)
    key = str(body.get("project")), str(body.get("name"))
    if self.places.get(key) == call.queue:
        self.places[key] = "default"
    return Miniature.pool_queue_move(self, call)


def _made(self: Miniature, call: Call) -> Answer:
    body = self.object_of(call.request)
    self.check_which(body)
    self.queues.setdefault((body["project"], body["name"]), Queue({}))
    return Miniature.pool_queue_move(self, call)


lie("counts no messages in a pool", "pool-queue-list.entry", shown_place=_counting_nothing)
lie(
    "lists the queues of one project only",
    "pool-queue-move.others-stay",
    pool_queue_list=_own_project,
)
lie("has one page of queues in a pool", "pool-queue-list.paging", pool_queue_list=_one_page)
lie("leaves a queue where it is", "pool-queue-move.moved", "pool-queue-move.frees-pool",
    bring=_left_behind)  # fmt: skip
lie("turns a queue round", "pool-queue-move.order", copied=_backwards)
lie("gives messages new ids on the way", "pool-queue-move.order", "pool-queue-move.claims",
    copied=_new_ids)  # fmt: skip
lie("loses messages on the way", "pool-queue-move.moved", "pool-queue-move.order",
    "pool-queue-move.frees-pool", copied=_without("messages"))  # fmt: skip
lie("loses claims on the way", "pool-queue-move.claims", copied=_without("claims"))
lie("loses subscriptions on the way", "pool-queue-move.subscriptions",
    copied=_without("subscriptions"))  # fmt: skip
lie("loses metadata on the way", "pool-queue-move.metadata", copied=_without("metadata"))
lie("loses what comes during a move", "pool-queue-move.goes-on", bring=_unattended)
lie("moves a queue to where it is", "pool-queue-move.same-pool", pool_queue_move=_anew)
lie("makes the queue that it moves", "pool-queue-move.unknown", pool_queue_move=_made)
lie("asks not which queue", "pool-queue-move.body", check_which=nothing)
lie("moves the queues of all projects", "pool-queue-move.others-stay", bring=_everybodys)
