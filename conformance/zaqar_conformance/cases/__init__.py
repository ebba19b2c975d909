# SPDX-License-Identifier: Apache-2.0
"""The written cases, one module for each topic; `zaqar_conformance.case.registry` finds them."""
