# SPDX-License-Identifier: Apache-2.0
"""The REST application: the deployment's OpenAPI document, bound to the handlers by Connexion."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import orjson
from connexion import AsyncApp
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from starlette.types import ASGIApp

from zaqar_impl.handlers.service import Service
from zaqar_impl.rest.admission import DOCS_PATH, DOCUMENT_PATH, Admission
from zaqar_impl.rest.binding import endpoint
from zaqar_impl.rest.checks import BodyCheck, ParameterCheck
from zaqar_impl.rest.cors import Cors, CorsPolicy
from zaqar_impl.rest.intake import SLOWEST_BODY
from zaqar_impl.rest.pipeline import middlewares
from zaqar_impl.rest.signed import SignedAccess
from zaqar_impl.rest.workload import Workload
from zaqar_impl.specdoc import Page, operations

#: What runs around the application's life, as ASGI servers mean it.
Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


def application(
    document: Mapping[str, Any],
    service: Service,
    *,
    lifespan: Lifespan | None = None,
    validate_responses: bool = False,
    slowest_body: float = SLOWEST_BODY,
    workload: Workload | None = None,
    cors: CorsPolicy | None = None,
    pages: Mapping[str, Page] | None = None,
) -> ASGIApp:
    """An ASGI application that serves ``document``, a bundled document with the deployment's limits
    in it.

    With ``validate_responses``, an answer that breaks the document becomes a 500: for tests.
    ``slowest_body`` is how many seconds a client may take to send a body. ``workload`` bounds what
    is taken on at a time. ``cors`` says which pages of other origins may use the API. ``pages`` are
    served beside the document, by path.

    Raises:
        KeyError: an operation of the document has no handler.
    """
    known = operations(document)
    endpoints = {operation.id: endpoint(service, operation) for operation in known}
    media_types = {operation.body.media_type for operation in known if operation.body}
    app = AsyncApp(
        __name__,
        lifespan=lifespan,
        middlewares=middlewares(validate_responses=validate_responses),
        resolver=Resolver(endpoints.__getitem__),
        validator_map={
            "parameter": ParameterCheck,
            "body": {media_type.lower(): BodyCheck for media_type in media_types},
        },
        validate_responses=validate_responses,
        swagger_ui_options=SwaggerUIOptions(swagger_ui_path=DOCS_PATH),
    )
    app.add_api(dict(document), base_path="")
    signed = SignedAccess(service.signing, service.clock)
    served = {DOCUMENT_PATH: Page(orjson.dumps(document), "application/json"), **(pages or {})}
    admission = Admission(app, known, served, slowest_body, signed, workload or Workload())
    return Cors(admission, cors) if cors else admission
