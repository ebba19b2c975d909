# SPDX-License-Identifier: Apache-2.0
"""Verifies any deployment of the Zaqar v2 messaging API against its specification."""

__version__ = "0.1.0"
