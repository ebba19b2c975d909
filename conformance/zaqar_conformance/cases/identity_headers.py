# SPDX-License-Identifier: Apache-2.0
"""Client-ID, project and Accept: what every request carries, and what it may carry."""

from __future__ import annotations

import uuid
from typing import Final

from zaqar_conformance import arrange, match, paths
from zaqar_conformance.case import Unsupported, case
from zaqar_conformance.client import Api

_ACCEPTED: Final = (
    None,
    "",
    "*/*",
    "application/*",
    "application/json",
    "text/html, application/json;q=0.5",
)
_REFUSED: Final = (
    "text/plain",
    "application/json;q=0",
    "application/vnd.openstack.messaging-v2+json",
    "garbage",
)


def _everywhere(name: str) -> tuple[str, ...]:
    """A path of each kind that GET reads and that needs identity headers."""
    return (paths.HOME, paths.PING, paths.QUEUES, paths.queue(name), paths.messages(name))


@case("headers.client-id-required")
def client_id_required(api: Api) -> None:
    """Without Client-ID, or with an empty one, nothing below /v2 is served."""
    for path in _everywhere(api.queue_name()):
        for value in (None, ""):
            match.status(api.get(path, headers={"Client-ID": value}), 400)


@case("headers.client-id-malformed")
def client_id_malformed(api: Api) -> None:
    """A Client-ID that is no UUID is refused."""
    api.needs_uuids()
    for value in ("x", "no-uuid-but-long-enough", uuid.uuid4().hex[:-1], f"{uuid.uuid4().hex}0"):
        match.status(api.get(paths.QUEUES, headers={"Client-ID": value}), 400)


@case("headers.client-id-spellings")
def client_id_spellings(api: Api) -> None:
    """Each spelling of a UUID is a Client-ID."""
    if api.limits.client_id_uuid_safe != "strict":
        raise Unsupported("this deployment bounds the length of a Client-ID")
    one = uuid.uuid4()
    for value in (str(one), one.hex, f"{{{one}}}", f"urn:uuid:{one}", str(one).upper()):
        match.status(api.get(paths.QUEUES, headers={"Client-ID": value}), 200)


@case("headers.project-required")
def project_required(api: Api) -> None:
    """Without a project, or with an empty one, nothing below /v2 is served."""
    api.needs_open_project()
    for path in _everywhere(api.queue_name()):
        for value in (None, ""):
            match.status(api.get(path, headers={"X-Project-ID": value}), 400)


@case("headers.project-spellings", needs=("queue-create.created",))
def project_spellings(api: Api) -> None:
    """The project is read from X-Project-ID in any letter case and from two older names."""
    api.needs_open_project()
    name = arrange.queue(api, {"colour": "red"})

    for header in ("x-project-id", "X-Project-Id", "X-Tenant-ID", "X-Tenant"):
        project = {"X-Project-ID": None, header: api.target.project}
        answer = api.get(paths.queue(name), headers=project)
        match.status(answer, 200)
        match.equal(f"metadata by {header}", match.object_of(answer).get("colour"), "red")


@case("headers.project-tenant-name", needs=("headers.project-required",))
def project_tenant_name(api: Api) -> None:
    """X-Tenant-Name alone names no project."""
    api.needs_open_project()
    headers = {"X-Project-ID": None, "X-Tenant-Name": api.target.project}
    match.status(api.get(paths.QUEUES, headers=headers), 400)


@case("headers.project-length")
def project_length(api: Api) -> None:
    """A project of 256 characters has queues, one of 257 has none."""
    path = paths.queue(api.queue_name())
    match.status(api.other_project("p" * 256).get(path), 200)
    match.status(api.other_project("p" * 257).get(path), 400)


@case("headers.project-length-everywhere", needs=("headers.project-length",))
def project_length_everywhere(api: Api) -> None:
    """A project that is too long is refused on paths without a queue name too."""
    long = api.other_project("p" * 257)
    for path in (paths.HOME, paths.PING, paths.QUEUES):
        match.status(long.get(path), 400)


@case("headers.accept-accepted")
def accept_accepted(api: Api) -> None:
    """Whoever takes JSON is served."""
    for value in _ACCEPTED:
        match.status(api.get(paths.QUEUES, headers={"Accept": value}), 200)


@case("headers.accept-refused")
def accept_refused(api: Api) -> None:
    """Whoever does not take application/json is refused with 406, at the root too."""
    for value in _REFUSED:
        match.status(api.get("/", headers={"Accept": value}), 406)
        match.status(api.get(paths.QUEUES, headers={"Accept": value}), 406)


@case("headers.not-acceptable-body", needs=("headers.accept-refused",))
def not_acceptable_body(api: Api) -> None:
    """Who asks for XML learns in JSON that there is none."""
    answer = api.get(paths.QUEUES, headers={"Accept": "application/xml"})

    match.status(answer, 406)
    match.error_object(answer)
