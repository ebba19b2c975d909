# SPDX-License-Identifier: Apache-2.0
"""The seam between the service and what keeps its data."""
