# SPDX-License-Identifier: Apache-2.0
"""Values, rules and errors of messaging: pure, and importing nobody."""
