# SPDX-License-Identifier: Apache-2.0
"""Options of ``[cors]``: which pages of other origins may use the API from within a browser."""

from oslo_config import cfg

from zaqar_impl.config.group import Groups

CORS_GROUP = "cors"

_METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD"]

#: Upstream's, and those that it forgot: a browser needs X-Project-ID for every request without a
#: token, and the URL headers for pre-signed ones.
_ALLOWED_HEADERS = [
    "X-Auth-Token",
    "X-Identity-Status",
    "X-Roles",
    "X-Service-Catalog",
    "X-User-Id",
    "X-Tenant-Id",
    "X-OpenStack-Request-ID",
    "X-Trace-Info",
    "X-Trace-HMAC",
    "Client-id",
    "X-Project-ID",
    "URL-Signature",
    "URL-Expires",
    "URL-Methods",
    "URL-Paths",
]

_EXPOSED_HEADERS = [
    "X-Auth-Token",
    "X-Subject-Token",
    "X-Service-Token",
    "X-OpenStack-Request-ID",
]

_CORS = [
    cfg.ListOpt(
        "allowed_origin",
        help="Origins, such as https://dashboard.example.org, whose pages may read answers; * for "
        "all, who then get no credentials. None: answers have no CORS headers.",
    ),
    cfg.BoolOpt(
        "allow_credentials",
        default=True,
        help="Whether browsers may send cookies and the like along.",
    ),
    cfg.IntOpt(
        "max_age",
        default=3600,
        min=0,
        help="Seconds that a browser may keep the answer to a preflight request.",
    ),
    cfg.ListOpt(
        "expose_headers",
        default=_EXPOSED_HEADERS,
        help="Headers of answers that pages may read.",
    ),
    cfg.ListOpt(
        "allow_methods",
        default=_METHODS,
        help="Methods that pages may use.",
    ),
    cfg.ListOpt(
        "allow_headers",
        default=_ALLOWED_HEADERS,
        help="Headers that pages may send, beside those that are always allowed.",
    ),
]

OPTIONS: Groups = {CORS_GROUP: _CORS}
