# SPDX-License-Identifier: Apache-2.0
"""The flags of ``zaqar-server`` that set an option for one run. They win over all files."""

from collections.abc import Mapping

from zaqar_impl.config.group import Name
from zaqar_impl.config.rest import REST_GROUP
from zaqar_impl.config.stores import STORE_GROUP
from zaqar_impl.config.websocket import WEBSOCKET_GROUP

#: Option -> flag. Flags of switches have a form with ``no`` before the name too.
FLAGS: Mapping[Name, str] = {
    Name("drivers", "transport"): "--role",
    Name(REST_GROUP, "bind"): "--bind",
    Name(REST_GROUP, "port"): "--port",
    Name(REST_GROUP, "workers"): "--workers",
    Name(WEBSOCKET_GROUP, "bind"): "--websocket-bind",
    Name(WEBSOCKET_GROUP, "port"): "--websocket-port",
    Name(WEBSOCKET_GROUP, "workers"): "--websocket-workers",
    Name(STORE_GROUP, "uri"): "--mongodb-uri",
    Name(STORE_GROUP, "database"): "--database",
    Name("embedded", "data_dir"): "--data-dir",
    Name(None, "admin_mode"): "--admin-mode",
    Name(None, "debug"): "--debug",
    Name(None, "log_file"): "--log-file",
    Name(None, "log_dir"): "--log-dir",
    Name(None, "log_config_append"): "--log-config-append",
    Name(None, "use_syslog"): "--use-syslog",
    Name(None, "use_json"): "--use-json",
}
