# SPDX-License-Identifier: Apache-2.0
"""The REST binding: from HTTP, by the OpenAPI document, to the handlers and back."""
