"""``python3 -m vmha_ocf``: the operator's command, as ``vmha``."""

from __future__ import annotations

import sys

from vmha_ocf.programs.vmha import main

if __name__ == "__main__":
    sys.exit(main())
