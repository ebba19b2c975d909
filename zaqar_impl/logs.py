# SPDX-License-Identifier: Apache-2.0
"""Sets up logging in a process, by oslo.log, and lets each line name the request it belongs to.

Every process of the service calls :func:`configure` once; they share one log.
"""

import logging
import os
from collections.abc import Mapping
from typing import Any

from oslo_config import cfg
from oslo_log import log

from zaqar_impl.config import DEFAULT_LEVELS, Name, Settings, WrongConfiguration
from zaqar_impl.wire.request_ids import current_id

PRODUCT = "zaqar"

#: Name of the log in ``log_dir`` where nothing else is said.
LOG_FILE = "zaqar-server.log"


def configure(settings: Settings) -> None:
    """Log as the settings want it, from now on.

    Raises:
        WrongConfiguration: the log file can't be written, or the file that sets up the logging
            can't be used.
    """
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    conf([], project=PRODUCT, default_config_files=[], default_config_dirs=[], use_env=False)
    for name, value in _effective(settings.logs).items():
        conf.set_override(name, value)
    try:
        log.setup(conf, PRODUCT)
    except Exception as error:  # fileConfig raises whatever comes to it
        raise _unusable(settings, error) from error
    logging.setLogRecordFactory(record)


def _unusable(settings: Settings, error: Exception) -> WrongConfiguration:
    """Names the option that led to the error; what the file says is not repeated."""
    options = ("log_config_append", "log_file", "log_dir")
    option = next((name for name in options if settings.logs[name]), options[0])
    cause = error if isinstance(error, OSError) else error.__context__
    why = "not in the format of Python's logging.config.fileConfig"
    if isinstance(cause, OSError):
        why = f"can't be used: {cause.strerror}"
    where = settings.origins.of(Name(None, option))
    return WrongConfiguration(f"{where} = {settings.logs[option]}: {why}.")


def _effective(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as oslo.log is to see them: stderr where it would take stdout, which is for the
    command's own words, and all levels."""
    directory, file = options["log_dir"], options["log_file"]
    if directory:
        file = os.path.join(directory, file or LOG_FILE)
    return {
        **options,
        "log_dir": None,
        "log_file": file,
        "use_stderr": options["use_stderr"] or not file,
        "default_log_levels": [*DEFAULT_LEVELS, *options["default_log_levels"]],
    }


def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """A line of the log, with the request that is being answered, in the form that oslo.log's
    formatters look for."""
    line = logging.LogRecord(*args, **kwargs)
    if request_id := current_id():
        line.context = {"request_id": request_id}
    return line
