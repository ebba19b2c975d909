# SPDX-License-Identifier: Apache-2.0
"""The REST binding: from HTTP, by the OpenAPI document, to the handlers and back."""

import warnings

# connexion 3.3 imports Starlette's test client along with everything else, and that warns of the
# library it is made with; nothing that an operator could do anything about.
warnings.filterwarnings("ignore", message="Using `httpx` with `starlette.testclient`")
