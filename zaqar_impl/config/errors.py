# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a configuration."""


class WrongConfiguration(Exception):
    """A value that the service can't start with; the text names file or flag, option and rule."""
