# SPDX-License-Identifier: Apache-2.0
"""The tests of the kit. They need no server but the miniature ones that they start themselves."""
