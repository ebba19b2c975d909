# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with the embedded MongoDB; each text is one line that says what to do. ::

MongodError
├── MongodMissing         there is no mongod on this machine
├── DirectoryUnusable     the directory cannot hold the data
├── DirectoryInUse        another mongod lives in it
└── MongodFailed          mongod did not start, or has died
"""


class MongodError(Exception):
    """The embedded MongoDB cannot be had; the text is one line for the operator."""


class MongodMissing(MongodError):
    """There is no mongod to start."""


class DirectoryUnusable(MongodError):
    """The data directory cannot be made or written, is too full, or is somebody else's."""


class DirectoryInUse(MongodError):
    """Another mongod is running on the data directory."""


class MongodFailed(MongodError):
    """mongod ended, or did not get ready in time."""
