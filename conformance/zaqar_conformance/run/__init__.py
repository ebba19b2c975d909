# SPDX-License-Identifier: Apache-2.0
"""Runs cases: `selection` chooses them, `written` runs the written ones, `session` a whole run."""

from zaqar_conformance.run.selection import Selection, select
from zaqar_conformance.run.session import Session
from zaqar_conformance.run.written import Runner, in_order_of_needs, requirement_of

__all__ = ["Runner", "Selection", "Session", "in_order_of_needs", "requirement_of", "select"]
