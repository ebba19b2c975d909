# SPDX-License-Identifier: Apache-2.0
"""Makes the pages of the docs about the options anew: ``python -m zaqar_impl.config FOLDER``."""

import sys
from pathlib import Path

from zaqar_impl.config.reference import write

write(Path(sys.argv[1]))
