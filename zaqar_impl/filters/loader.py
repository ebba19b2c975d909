# SPDX-License-Identifier: Apache-2.0
"""Finds message filters by name. It knows none of them: they are entry points of packages.

An entry point in the group ``zaqar_impl.filters`` is a subclass of
:class:`~zaqar_impl.filters.MessageFilter`.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_config import cfg

from zaqar_impl import plugins
from zaqar_impl.filters.interface import MessageFilter
from zaqar_impl.filters.pipeline import Pipeline, Stage
from zaqar_impl.plugins import PluginError

GROUP = "zaqar_impl.filters"

#: Filters by name, each with the values of its options, in the order of the pipeline.
Chosen = Sequence[tuple[str, Mapping[str, Any]]]


def filter_class(name: str) -> type[MessageFilter]:
    """The class of the filter of that name.

    Raises:
        PluginError: there is none, or it is no filter.
    """
    found = plugins.load(GROUP, name, "message filter")
    if not (isinstance(found, type) and issubclass(found, MessageFilter)):
        raise PluginError(
            f"The message filter {name!r} is no subclass of zaqar_impl.filters.MessageFilter."
        )
    for method in ("on_post", "on_delivery"):
        if not inspect.iscoroutinefunction(getattr(found, method)):
            raise PluginError(f"{method} of the message filter {name!r} is no 'async def'.")
    if not all(isinstance(option, cfg.Opt) for option in found.OPTIONS):
        raise PluginError(f"OPTIONS of the message filter {name!r} are no options of oslo.config.")
    return found


def open_pipeline(chosen: Chosen) -> Pipeline:
    """A pipeline of new instances of these filters.

    Raises:
        PluginError: a filter is not there, or cannot work with its options.
    """
    return Pipeline([Stage(name, _instance(name, options)) for name, options in chosen])


def _instance(name: str, options: Mapping[str, Any]) -> MessageFilter:
    try:
        return filter_class(name)(options)
    except ValueError as error:
        raise PluginError(f"[filter:{name}] {' '.join(str(error).split())}") from error
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(
            f"The message filter {name!r} cannot be made: {plugins.one_line(error)}"
        ) from error
