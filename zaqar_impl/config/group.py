# SPDX-License-Identifier: Apache-2.0
"""What a module of options declares."""

from collections.abc import Mapping, Sequence

from oslo_config import cfg

#: Options by the group they are in; None is ``[DEFAULT]``.
Groups = Mapping[str | None, Sequence[cfg.Opt]]
