# SPDX-License-Identifier: Apache-2.0
"""Client instances: many spellings of one id."""

import uuid


def normalised(client_id: str) -> str:
    """One spelling for one client: UUIDs come in many, other ids (where allowed) in one."""
    try:
        return uuid.UUID(client_id).hex
    except ValueError:
        return client_id
