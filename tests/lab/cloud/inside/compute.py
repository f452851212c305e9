"""Run nova-compute with the lab's driver, which Nova looks up below nova.virt."""

import os
import sys
from pathlib import Path
from typing import Any

# nova.cmd comes first: it chooses native threads, before anything else of Nova is there.
import nova.cmd.compute  # type: ignore[import-not-found,unused-ignore]
import nova.virt  # type: ignore[import-not-found,unused-ignore]

_start = nova.cmd.compute.service.Service.start


def _start_and_tell(self: Any) -> None:
    """From now on it takes requests. Nova itself says so nowhere but in its debug log."""
    _start(self)
    Path(os.environ["VMHA_READY"]).touch()


if __name__ == "__main__":
    nova.virt.__path__.append(str(Path(__file__).resolve().parent))
    nova.cmd.compute.service.Service.start = _start_and_tell
    sys.exit(nova.cmd.compute.main())
