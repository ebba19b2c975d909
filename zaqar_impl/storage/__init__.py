# SPDX-License-Identifier: Apache-2.0
"""The seam between the service and what keeps its data.

``interface`` says what a driver promises, ``transfer`` what one promises whose queues can be moved,
``loader`` finds it, ``contract`` tells whether it keeps its promises; ``mongodb`` and ``memory``
are the drivers of the house. ``pooling`` is a storage over many of them, and ``management`` the
register that it goes by.
"""
