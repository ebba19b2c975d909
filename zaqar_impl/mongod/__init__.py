# SPDX-License-Identifier: Apache-2.0
"""An embedded MongoDB: a real mongod as a child process, a replica set of one, in a directory.

It knows how to find, start, watch and stop the process, and nothing of what is stored in it. The
data outlive the process, and acknowledged writes outlive ``kill -9``. The process does not outlive
this one, however this one ends.
"""

from zaqar_impl.mongod.embedded import EmbeddedMongod, find_mongod
from zaqar_impl.mongod.errors import (
    DirectoryInUse,
    DirectoryUnusable,
    MongodError,
    MongodFailed,
    MongodMissing,
)

__all__ = [
    "DirectoryInUse",
    "DirectoryUnusable",
    "EmbeddedMongod",
    "MongodError",
    "MongodFailed",
    "MongodMissing",
    "find_mongod",
]
