# SPDX-License-Identifier: Apache-2.0
"""Options of logging, in ``[DEFAULT]``: those of oslo.log that mean something to processes that
share one log.

Rotation is left to the system, since several processes write one file; see ``unsupported`` for the
others that are left out.
"""

from typing import Any

from oslo_config import cfg, types

from zaqar_impl.config.group import Groups

_LEVELS = ["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG", ""]
_LINE = "%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s"

#: Levels that hold unless the operator names the same logger. pymongo's DEBUG logs whole commands,
#: and with them what clients post.
DEFAULT_LEVELS = (
    "asyncio=INFO",
    "connexion=WARNING",
    "pymongo=INFO",
    "stevedore=INFO",
    "uvicorn=WARNING",
)

_FACILITIES = (
    "KERN|USER|MAIL|DAEMON|AUTH|SYSLOG|LPR|NEWS|UUCP|CRON|AUTHPRIV|FTP|LOCAL[0-7]"  # as syslog(3)
)


class _LineFormat(types.String):
    """Text that is filled in with what is known of a log line, the way Python's logging does."""

    def __init__(self) -> None:
        super().__init__(type_name="a format of Python's logging, such as %(message)s")

    def __call__(self, value: Any) -> str:
        text = str(value)
        try:
            text % _Anything()
        except (TypeError, ValueError) as error:
            raise ValueError(f"not a format: {error}") from error
        return text


class _Anything(dict[str, int]):
    """Has a value for every name."""

    def __missing__(self, name: str) -> int:
        return 0


def _old(*names: str) -> list[cfg.DeprecatedOpt]:
    """oslo.log reads some options with hyphens too, and under older names."""
    return [cfg.DeprecatedOpt(name) for name in names]


_LOGS = [
    cfg.BoolOpt(
        "debug",
        default=False,
        help="Whether to log what helps to find faults, among it a line for each request.",
    ),
    cfg.StrOpt(
        "log_file",
        deprecated_opts=_old("logfile", "log-file"),
        help="File that the log is appended to. None: the log goes to stderr. A file that was "
        "moved away is begun anew, so that logrotate and the like can do their work.",
    ),
    cfg.StrOpt(
        "log_dir",
        deprecated_opts=_old("logdir", "log-dir"),
        help="Directory of log_file if that is a relative path; alone, the log goes to "
        "zaqar-server.log in there.",
    ),
    cfg.StrOpt(
        "log_config_append",
        deprecated_opts=_old("log_config", "log-config", "log-config-append"),
        help="File in the format of Python's logging.config.fileConfig that sets up the logging; "
        "the other options of logging have then no effect.",
    ),
    cfg.StrOpt(
        "log_date_format",
        default="%Y-%m-%d %H:%M:%S",
        deprecated_opts=_old("log-date-format"),
        help="strftime format of times.",
    ),
    cfg.BoolOpt("use_stderr", default=False, help="Whether to log to stderr beside a file."),
    cfg.BoolOpt(
        "use_syslog",
        default=False,
        deprecated_opts=_old("use-syslog"),
        help="Whether to log to the system's log as well.",
    ),
    cfg.Opt(
        "syslog_log_facility",
        deprecated_opts=_old("syslog-log-facility"),
        type=types.String(
            regex=rf"^(LOG_)?({_FACILITIES})$",
            ignore_case=True,
            type_name="a facility of syslog, such as LOG_USER or LOG_LOCAL0",
        ),
        default="LOG_USER",
        help="Facility of lines in the system's log.",
    ),
    cfg.BoolOpt(
        "use_json",
        default=False,
        deprecated_opts=_old("use-json"),
        help="Whether lines are JSON objects.",
    ),
    cfg.Opt(
        "logging_default_format_string",
        type=_LineFormat(),
        default=f"{_LINE} [-] %(message)s",
        help="Format of lines that belong to no request.",
    ),
    cfg.Opt(
        "logging_context_format_string",
        type=_LineFormat(),
        default=f"{_LINE} [%(request_id)s] %(message)s",
        help="Format of lines that belong to a request.",
    ),
    cfg.Opt(
        "logging_debug_format_suffix",
        type=_LineFormat(),
        default="",
        help="Added to the format of lines of the level DEBUG.",
    ),
    cfg.Opt(
        "logging_exception_prefix",
        type=_LineFormat(),
        default=f"{_LINE} ",
        help="Put before each line of a traceback.",
    ),
    cfg.ListOpt(
        "default_log_levels",
        item_type=types.String(
            regex=r"^[^=]+=(CRITICAL|ERROR|WARNING|WARN|INFO|DEBUG|NOTSET|[0-9]+)$",
            type_name="name=LEVEL",
        ),
        default=list(DEFAULT_LEVELS),
        help="Least levels of loggers. The defaults hold for those that are not named: pymongo's "
        "DEBUG, for one, logs message bodies, and has to be asked for.",
    ),
    cfg.IntOpt(
        "rate_limit_interval",
        default=0,
        min=0,
        help="Seconds in which a process logs rate_limit_burst lines at most; 0 for no limit.",
    ),
    cfg.IntOpt(
        "rate_limit_burst",
        default=0,
        min=0,
        help="Lines that a process logs at most in rate_limit_interval; 0 for no limit.",
    ),
    cfg.StrOpt(
        "rate_limit_except_level",
        default="CRITICAL",
        choices=_LEVELS,
        help="Lines of this level and above are not limited; empty to limit all.",
    ),
]

#: The names of the options above.
LOG_OPTIONS = tuple(option.name for option in _LOGS)

OPTIONS: Groups = {None: _LOGS}
