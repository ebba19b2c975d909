# SPDX-License-Identifier: Apache-2.0
"""The errors that the domain, the handlers and the storage raise.

Each class is one *meaning*; only the bindings know what it looks like on the wire, each from one
table. ::

    ZaqarError
    ├── InvalidInput          the request breaks a rule of the spec
    ├── Forbidden             a claimed message is touched without its claim
    ├── NotFound              the named thing does not exist
    ├── Conflict              the change contradicts what is stored
    ├── EncryptionUnavailable a body can't be sealed or opened with the keys that are here
    └── StorageUnavailable    the storage did not answer; nothing can be said about the request
        └── StorageUnfit      it answers, but is nothing that its driver can work with
"""


class ZaqarError(Exception):
    """Base of every error with a meaning; ``str()`` is text written for the client."""


class InvalidInput(ZaqarError):
    """The request is well formed but breaks a rule; the text says which field and which bound."""


class Forbidden(ZaqarError):
    """The message is under a live claim that the caller did not name."""


class NotFound(ZaqarError):
    """The queue, message or claim does not exist, has expired, or belongs to somebody else."""


class Conflict(ZaqarError):
    """The change needs something that the stored state does not have."""


class EncryptionUnavailable(ZaqarError):
    """A body can't be sealed or opened with the keys that this server has now; nothing was
    changed."""


class StorageUnavailable(ZaqarError):
    """The storage failed or did not answer in time; the driver's error is kept as ``__cause__``."""

    def __init__(
        self, text: str = "The storage is not available right now; try again shortly."
    ) -> None:
        super().__init__(text)


class StorageUnfit(StorageUnavailable):
    """The storage answers, but its driver can't work with it; the text says why, for the
    operator."""
