# SPDX-License-Identifier: Apache-2.0
"""Makes the request of a finding shorter, so that a person sees at once what it is about.

Invented requests carry every member and parameter that the schema knows; nearly all of them have
nothing to do with the failure. They are left out one by one, as long as the failure stays. This
module knows requests; whether a failure stayed is asked of the caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from zaqar_conformance.generate.reading import Request

#: A finding is worth this many requests more; few need as many.
_MOST_TRIES = 40


def shortened(request: Request, still_fails: Callable[[Request], bool]) -> Request:
    """The shortest request found that fails as the given one does, or the given one."""
    left = _MOST_TRIES
    shrinking = True
    while shrinking:
        shrinking = False
        for candidate in _shorter(request):
            left -= 1
            if left < 0:
                return request
            if still_fails(candidate):
                request, shrinking = candidate, True
                break
    return request


def _shorter(request: Request) -> Iterator[Request]:
    """The request with one thing less, for each thing in it."""
    path, mark, query = request.url.partition("?")
    parts = query.split("&") if mark else []
    for index in range(len(parts)):
        rest = "&".join(parts[:index] + parts[index + 1 :])
        yield replace(request, url=f"{path}?{rest}" if rest else path)
    try:
        value = json.loads(request.body)
    except (ValueError, RecursionError):
        return
    for less in _with_less(value):
        yield replace(request, body=json.dumps(less).encode())


def _with_less(value: Any) -> Iterator[Any]:
    """The value without one of its members or items, the outer ones first."""
    if isinstance(value, dict):
        for name in value:
            yield {key: item for key, item in value.items() if key != name}
        for name, item in value.items():
            for less in _with_less(item):
                yield {**value, name: less}
    if isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, item in enumerate(value):
            for less in _with_less(item):
                yield [*value[:index], less, *value[index + 1 :]]
