# SPDX-License-Identifier: Apache-2.0
"""Options of upstream, and of the libraries below it, that this service reads past: why, and what
to do instead.

An operator whose file has one of them is told so at start. What begins to be supported leaves this
table.
"""

from collections.abc import Mapping

from zaqar_impl.config.group import Name

_LATER = "it comes with a later version"
_ONE_STORE = "messages are stored in MongoDB, or by a driver of a third party"
_KEYSTONE = "there is no authentication by Keystone in this version"
_TRIES_AGAIN = "the MongoDB driver tries again by itself, until the URI's timeoutMS"
_ROTATION = "several processes write one log: let logrotate move it away"
_NOTIFICATIONS = "there are no notifications in this version"
_NO_LISTENER = "workers hear of messages from MongoDB, and listen for nothing else"
_PROFILER = "requests are not traced; debug logs a line for each of them"

#: Groups of which no option has an effect.
GROUPS: Mapping[str, str] = {
    "audit_middleware_notifications": _KEYSTONE,
    "cache": "what is cached lives in the process and needs no cache server",
    "database": "there is no SQL store",
    "drivers:management_store:redis": _ONE_STORE,
    "drivers:management_store:sqlalchemy": _ONE_STORE,
    "drivers:message_store:redis": _ONE_STORE,
    "drivers:message_store:swift": _ONE_STORE,
    "healthcheck": "GET /v2/ping tells whether the service and its storage work",
    "keystone_authtoken": _KEYSTONE,
    "notification": _NOTIFICATIONS,
    "oslo_concurrency": "there are no locks in files",
    "oslo_middleware": "bodies are bounded by max_messages_post_size and max_queue_metadata",
    "oslo_policy": "there are no policies in this version",
    "oslo_reports": "there are no reports on demand; debug and the log tell more",
    "oslo_versionedobjects": "nothing here uses it",
    "profiler": _PROFILER,
    "profiler_jaeger": _PROFILER,
    "profiler_otlp": _PROFILER,
    "trustee": "there are no trust subscriptions in this version",
}

_LIKE_MONGODB: Mapping[str, str] = {
    "max_attempts": _TRIES_AGAIN,
    "max_retry_sleep": _TRIES_AGAIN,
    "max_retry_jitter": _TRIES_AGAIN,
    "max_reconnect_attempts": _TRIES_AGAIN,
    "reconnect_sleep": _TRIES_AGAIN,
}

#: Single options without an effect, by group.
OPTIONS: Mapping[str | None, Mapping[str, str]] = {
    None: {
        "enable_deprecated_api_versions": "v2 is the only version that is served",
        "fatal_deprecations": "old names are told, and do no harm",
        "instance_format": "log lines name no instances",
        "instance_uuid_format": "log lines name no instances",
        "log_color": "log lines have no colours",
        "log_rotate_interval": _ROTATION,
        "log_rotate_interval_type": _ROTATION,
        "log_rotation_type": _ROTATION,
        "logging_user_identity_format": "log lines name the request, not the user",
        "max_logfile_count": _ROTATION,
        "max_logfile_size_mb": _ROTATION,
        "publish_errors": "errors are logged, not published",
        "use_journal": "systemd's journal takes what a service writes to stderr",
        "watch_log_file": "a log that was moved away is begun anew in any case",
    },
    "drivers:management_store:mongodb": {
        **_LIKE_MONGODB,
        **dict.fromkeys(
            ("ssl_ca_certs", "ssl_cert_reqs", "ssl_certfile", "ssl_keyfile"),
            "say it in the uri, as tlsCAFile and so on",
        ),
    },
    "drivers:message_store:mongodb": {
        **_LIKE_MONGODB,
        "partitions": "messages are in one collection",
    },
    "drivers:transport:websocket": {
        "external_port": "the Host header of a handshake is not looked at",
        "notification_bind": _NO_LISTENER,
        "notification_port": _NO_LISTENER,
    },
    "oslo_middleware": {
        "enable_proxy_headers_parsing": "links in answers are paths, whatever proxy is in front",
    },
    "storage": {
        "queue_pipeline": "no stages can stand before the queues",
        "claim_pipeline": "no stages can stand before the claims",
        "subscription_pipeline": "no stages can stand before the subscriptions",
        "topic_pipeline": "no stages can stand before the topics",
    },
}

#: Values of options that upstream takes and this service doesn't: said instead of the bare rule.
VALUES: Mapping[Name, Mapping[str, str]] = {
    Name(None, "auth_strategy"): {"keystone": _KEYSTONE},
    Name("transport", "message_encryption_algorithms"): {"RSA": "RSA never worked upstream"},
}


def reason(name: Name) -> str | None:
    """Why the option has no effect; None if it is none of upstream's."""
    by_option = OPTIONS.get(name.group, {})
    return by_option.get(name.option.replace("-", "_")) or GROUPS.get(name.group or "")
