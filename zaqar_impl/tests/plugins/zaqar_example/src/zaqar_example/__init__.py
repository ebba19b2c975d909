# SPDX-License-Identifier: Apache-2.0
"""A message filter and a storage driver for Zaqar."""
