# SPDX-License-Identifier: Apache-2.0
"""The service itself: versions, home document, ping."""

from collections.abc import Mapping
from typing import Any

from zaqar_impl.domain.values import Caller
from zaqar_impl.handlers.service import Service

__all__ = ["get_home_doc", "get_version_doc", "ping_node", "ping_node_head"]

#: The date is not ISO 8601; clients know the literal (D-62).
_VERSIONS = {
    "versions": [
        {
            "id": "2",
            "status": "CURRENT",
            "updated": "2014-9-24T04:06:47Z",
            "media-types": [
                {
                    "base": "application/json",
                    "type": "application/vnd.openstack.messaging-v2+json",
                }
            ],
            "links": [{"href": "/v2/", "rel": "self"}],
        }
    ]
}


async def get_version_doc(service: Service, caller: Caller) -> Mapping[str, Any]:
    """The API versions that this server speaks; asked for by clients that know nothing yet."""
    return _VERSIONS


async def get_home_doc(service: Service, caller: Caller) -> Mapping[str, Any]:
    """Where each resource of the API is found (json-home)."""
    return service.home_document


async def ping_node(service: Service, caller: Caller) -> None:
    """Return when the service and its storage answer.

    Raises:
        StorageUnavailable: the storage does not.
    """
    await service.storage.ping()


async def ping_node_head(service: Service, caller: Caller) -> None:
    """Return when the service answers, whatever its storage does."""
