# SPDX-License-Identifier: Apache-2.0
"""Paths of the API, and what is behind them: found segment by segment, whatever their number.

A variable of a path is a whole segment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zaqar_impl.domain.errors import InvalidInput
from zaqar_impl.rest.identity import Identity
from zaqar_impl.specdoc import Operation


class Route:
    """A path of the API with the operations behind it, by method.

    What is checked before the method is alike for all of them: ``identity``, and the variables of
    the path.
    """

    def __init__(self, path: str, operations: Mapping[str, Operation]) -> None:
        self.operations = operations
        self.allow = ", ".join(sorted(operations))
        (sample, *_) = operations.values()
        self.identity = Identity(sample)
        shapes = {parameter.name: parameter.shape for parameter in sample.of("path")}
        names = [segment[1:-1] for segment in path.split("/") if _is_variable(segment)]
        self._variables = [(name, shapes[name]) for name in names]

    def may_be_empty(self, segment: str) -> bool:
        """Whether this variable may be: a name, which the spec gives a pattern, may, so that it is
        told to be a bad name; an id may not."""
        return "pattern" in dict(self._variables)[segment[1:-1]].schema

    def parameters(self, values: Sequence[str]) -> dict[str, str]:
        """The values by their names in the spec."""
        return {name: value for (name, _), value in zip(self._variables, values, strict=True)}

    def check(self, values: Mapping[str, str]) -> None:
        """Return if the variables of the path are as the spec wants them.

        Raises:
            InvalidInput: one of them is not.
        """
        for name, shape in self._variables:
            if violation := shape.violation(values[name]):
                raise InvalidInput(f"The {name.replace('_', ' ')} is invalid: {violation}.")


@dataclass(slots=True)
class _Place:
    """What may stand after the segments so far: literals, or a variable; and the route that ends
    here."""

    literals: dict[str, "_Place"] = field(default_factory=dict)
    variable: "_Place | None" = None
    may_be_empty: bool = False
    route: Route | None = None


class Routes:
    """All paths of some operations."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {})[operation.method] = operation
        self._root = _Place()
        for path, behind in by_path.items():
            self._add(path, Route(path, behind))

    def find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a path and the variables in it, None if it leads nowhere.

        Where a literal and a variable both fit, the literal does.
        """
        place, values = self._root, []
        for segment in path.split("/"):
            if (next_place := place.literals.get(segment)) is None:
                next_place = place.variable
                if next_place is None or not (segment or place.may_be_empty):
                    return None
                values.append(segment)
            place = next_place
        return (place.route, place.route.parameters(values)) if place.route else None

    def _add(self, path: str, route: Route) -> None:
        place = self._root
        for segment in path.split("/"):
            if not _is_variable(segment):
                place = place.literals.setdefault(segment, _Place())
                continue
            place.may_be_empty |= route.may_be_empty(segment)
            place.variable = place.variable or _Place()
            place = place.variable
        place.route = route


def _is_variable(segment: str) -> bool:
    return segment.startswith("{")
