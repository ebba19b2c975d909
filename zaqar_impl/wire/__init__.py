# SPDX-License-Identifier: Apache-2.0
"""What the transports have in common on the wire: how things look that look alike on all of them,
which status a failure has, and the id of a request."""
