# SPDX-License-Identifier: Apache-2.0
"""An API-first Zaqar: multi-tenant messaging, bound from ``spec/`` to MongoDB."""
