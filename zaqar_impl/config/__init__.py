# SPDX-License-Identifier: Apache-2.0
"""The options of the service: upstream's groups, names and defaults, so that an operator's
``zaqar.conf`` is read as it is.

Nothing else reads the configuration: parts are given plain values by the wiring.

Options are declared in a module for each part of the service (``general``, ``logs``, ``stores``,
``rest``, ``websocket``, ``transport``, ``encryption``, ``cors``, ``sharing``, ``filters``), which
is listed in ``registry``; ``unsupported`` has those of upstream that have no effect. ``settings``
holds what the parts are given, ``rules`` what has to hold between options. ``loading`` reads
``files`` and ``flags``, knows the ``origins`` of values, and collects the ``findings`` that an
operator is told. ``reference`` makes the pages of the docs.
"""

from zaqar_impl.config.errors import WrongConfiguration
from zaqar_impl.config.flags import FLAGS
from zaqar_impl.config.group import Name
from zaqar_impl.config.loading import load
from zaqar_impl.config.logs import DEFAULT_LEVELS
from zaqar_impl.config.registry import list_options
from zaqar_impl.config.rest import REST_GROUP
from zaqar_impl.config.settings import Settings
from zaqar_impl.config.stores import STORE_GROUP
from zaqar_impl.config.websocket import WEBSOCKET_GROUP, WebSocketSettings

__all__ = [
    "DEFAULT_LEVELS",
    "FLAGS",
    "REST_GROUP",
    "STORE_GROUP",
    "WEBSOCKET_GROUP",
    "Name",
    "Settings",
    "WebSocketSettings",
    "WrongConfiguration",
    "list_options",
    "load",
]
