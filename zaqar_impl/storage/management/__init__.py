# SPDX-License-Identifier: Apache-2.0
"""Which pools and flavors there are, and in which pool each queue lives.

``interface`` says what a driver promises, ``loader`` finds it, ``contract`` tells whether it keeps
its promises; ``mongodb`` and ``memory`` are the drivers of the house.
"""
