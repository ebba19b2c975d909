# SPDX-License-Identifier: Apache-2.0
"""The WebSocket binding: from frames, by the AsyncAPI document, to the handlers and back."""
