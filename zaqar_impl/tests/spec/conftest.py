# SPDX-License-Identifier: Apache-2.0
"""The spec of this checkout, read once; tests that plant faults do it in a copy."""

import pytest

from zaqar_impl.tests.spec.reading import Spec, read


@pytest.fixture(scope="session")
def spec() -> Spec:
    """The spec as it is."""
    return read()
