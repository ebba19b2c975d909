# SPDX-License-Identifier: Apache-2.0
"""Generated cases: requests that schemathesis invents from the OpenAPI document, under fixed ids.

`plan` names the cases, `lines` runs them. The modules below: `operations` reads the document,
`checks` holds the ids, `reading` says what is bad about a request as the API reads it, `referee`
decides what counts, `taming` keeps requests from doing harm, `finding` sums up, `engine` drives the
tool.
"""

from zaqar_conformance.generate.checks import PREFIX, Planned, plan
from zaqar_conformance.generate.engine import lines
from zaqar_conformance.generate.settings import Settings

__all__ = ["PREFIX", "Planned", "Settings", "lines", "plan"]
