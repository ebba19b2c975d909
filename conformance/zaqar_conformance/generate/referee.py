# SPDX-License-Identifier: Apache-2.0
"""Decides which failures that schemathesis sees are findings, and puts them into words.

schemathesis judges by the OpenAPI document alone. The API's own rules are looser in places, and
one wrong answer breaks several checks at once; what is left after both are taken into account is a
finding. This module keeps nothing between two failures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from schemathesis.core.failures import AcceptedNegativeData, Failure, ServerError
from schemathesis.openapi.checks import (
    EnsureResourceAvailability,
    JsonSchemaError,
    RejectedPositiveData,
)

from zaqar_conformance.generate import checks
from zaqar_conformance.generate.checks import Planned
from zaqar_conformance.generate.finding import Sight, one_line
from zaqar_conformance.generate.operations import Operation
from zaqar_conformance.generate.reading import Request, read

_REFUSALS = 400
_SERVER_ERRORS = 500
#: How long a request line or a header may be is the HTTP server's matter; the API has no rule.
_LINE_TOO_LONG = (414, 431)


def is_finding(
    failure: Failure,
    status: int,
    operation: Operation,
    document: Mapping[str, Any],
    request: Request,
    made_before: str = "",
) -> bool:
    """Whether the failure counts against the target.

    `made_before` is what the answer before this one said was made. Only that can be missed: what
    comes in between may have removed it, as a purge removes messages, and a deletion a claim.
    """
    if status >= _SERVER_ERRORS:
        # A 5xx is one finding, whatever else its status, type and body break.
        return isinstance(failure, ServerError)
    if status in _LINE_TOO_LONG:
        return False
    if isinstance(failure, AcceptedNegativeData):
        return status < _REFUSALS and read(operation, document, request).is_bad
    if isinstance(failure, RejectedPositiveData):
        return read(operation, document, request).is_good
    if isinstance(failure, EnsureResourceAvailability):
        name = urlsplit(request.url).path.rpartition("/")[2]
        return name in re.split("[/?=,]", made_before)
    return True


def kind(failure: Failure, status: int, problem: str) -> str:
    """What tells this failure from others of the same check and operation."""
    if isinstance(failure, JsonSchemaError):
        return f"{status} {'/'.join(map(str, failure.schema_path))}"
    if isinstance(failure, AcceptedNegativeData):
        return problem.partition(":")[0]
    return f"{type(failure).__name__} {status}"


def problem(
    failure: Failure, operation: Operation, document: Mapping[str, Any], request: Request
) -> str:
    """What is bad about the request, if that is what the failure is about."""
    if not isinstance(failure, AcceptedNegativeData):
        return ""
    return next(iter(read(operation, document, request).problems), "")


def expected(planned: Planned, failure: Failure, problem: str) -> str:
    """What the specification asks for."""
    if planned.check is checks.SERVER_ERROR:
        return "a status below 500"
    if planned.check is checks.UNDECLARED_STATUS:
        return f"a status out of {', '.join(planned.operation.statuses)}"
    if planned.check is checks.BAD_DATA_ACCEPTED:
        return f"400, for {problem}"
    if planned.check is checks.GOOD_DATA_REFUSED:
        return "no 400, for the request fits the schema"
    if planned.check is checks.UNDECLARED_METHOD:
        return "405"
    if isinstance(failure, JsonSchemaError):
        place = ".".join(map(str, failure.instance_path))
        return f"{place or 'an answer'} that fits its schema"
    return one_line(failure.message)


def observed(failure: Failure, status: int, body: str) -> str:
    """What came instead."""
    answer = f"{status} {one_line(body, 120)}".rstrip()
    if isinstance(failure, JsonSchemaError):
        return f"{one_line(failure.validation_message)}, in {answer}"
    return answer


def fails_again(
    planned: Planned, sight: Sight, status: int, document: Mapping[str, Any], request: Request
) -> bool:
    """Whether another request to the operation, answered so, shows the same failure."""
    if planned.check is checks.BAD_DATA_ACCEPTED:
        problems = read(planned.operation, document, request).problems
        return status < _REFUSALS and any(p.partition(":")[0] == sight.kind for p in problems)
    if planned.check is checks.GOOD_DATA_REFUSED:
        return status == sight.status and read(planned.operation, document, request).is_good
    if planned.check in (checks.SERVER_ERROR, checks.UNDECLARED_STATUS):
        return status == sight.status
    return False
