# SPDX-License-Identifier: Apache-2.0
"""How pools, flavors and the catalogue are laid out in MongoDB; this module talks to no server."""

from collections.abc import Mapping
from typing import Any

import orjson
from pymongo import ASCENDING, IndexModel

from zaqar_impl.domain.pools import Pool
from zaqar_impl.domain.values import Kind, QueueRef

Document = dict[str, Any]

ID = "_id"

# A pool; its ``_id`` is its name.
URI = "uri"
WEIGHT = "weight"
FLAVOR = "flavor"
#: The bytes of their JSON text, so nothing in them has a meaning for the database.
OPTIONS = "options"
#: There while somebody wants to delete the pool, and forgotten there when that process dies: it
#: keeps nobody from using the pool, but who does takes it away, and then the deletion has to look
#: again.
REMOVAL = "removal"

# An entry of the catalogue.
PROJECT = "project"
KIND = "kind"
NAME = "name"
POOL = "pool"
REVISION = "revision"
DELETING = "deleting"
#: Pools that may hold something under the queue's name though it does not live there; absent in
#: most entries.
APART = "apart"
#: While the queue is moved: that one of ``APART`` which it is on its way to, the token of the move,
#: and the time until which the move counts as alive.
TARGET = "target"
TOKEN = "token"
UNTIL = "until"
#: The token of the last move that came to its end.
ARRIVED = "arrived"

#: What takes the note of a move away.
MOVE = dict.fromkeys((TARGET, TOKEN, UNTIL), "")

#: One pool of a URI.
BY_URI = IndexModel([(URI, ASCENDING)], name="by_uri", unique=True)
#: The pools of a flavor.
BY_FLAVOR = IndexModel([(FLAVOR, ASCENDING)], name="by_flavor")
#: Find where a queue lives. One entry for each.
BY_NAME = IndexModel(
    [(PROJECT, ASCENDING), (KIND, ASCENDING), (NAME, ASCENDING)], name="by_name", unique=True
)
#: In which pools the queues of a project live.
BY_PROJECT = IndexModel(
    [(PROJECT, ASCENDING), (KIND, ASCENDING), (POOL, ASCENDING)], name="by_project"
)
#: List the queues of a pool.
BY_POOL = IndexModel(
    [(POOL, ASCENDING), (PROJECT, ASCENDING), (NAME, ASCENDING), (KIND, ASCENDING)], name="by_pool"
)
#: What is apart of a project. Partial: it is in few entries.
BY_APART = IndexModel(
    [(PROJECT, ASCENDING), (KIND, ASCENDING), (APART, ASCENDING)],
    name="by_apart",
    partialFilterExpression={APART: {"$exists": True}},
)
#: What is on its way to a pool.
BY_TARGET = IndexModel(
    [(TARGET, ASCENDING)], name="by_target", partialFilterExpression={TARGET: {"$exists": True}}
)


def named(ref: QueueRef) -> Document:
    """The query for the entry of this queue, and a part of it."""
    return {PROJECT: ref.project, KIND: ref.kind.value, NAME: ref.name}


def to_ref(document: Mapping[str, Any]) -> QueueRef:
    """The queue that an entry is about."""
    return QueueRef(document[PROJECT], document[NAME], Kind(document[KIND]))


def pool_fields(pool: Pool) -> Document:
    """The document of a pool, but for its name."""
    return {
        URI: pool.uri,
        WEIGHT: pool.weight,
        FLAVOR: pool.flavor,
        OPTIONS: orjson.dumps(pool.options),
    }


def to_pool(document: Mapping[str, Any]) -> Pool:
    """The pool as it is stored."""
    return Pool(
        name=document[ID],
        uri=document[URI],
        weight=int(document[WEIGHT]),
        flavor=document[FLAVOR],
        options=orjson.loads(document[OPTIONS]),
    )
