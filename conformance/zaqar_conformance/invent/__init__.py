# SPDX-License-Identifier: Apache-2.0
"""Generated cases of the WebSocket: requests made from the AsyncAPI document, under fixed ids.

`plan` names the cases, `lines` runs them. `values` makes what a shape allows, `mutate` breaks it,
`engine` sends it and looks at what comes back. What is made follows from the seed alone.
"""

from zaqar_conformance.invent.engine import lines
from zaqar_conformance.invent.plan import Planned, plan

__all__ = ["Planned", "lines", "plan"]
