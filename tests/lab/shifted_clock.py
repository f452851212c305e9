"""In a node: the time of day as the node's own file shifts it, for each Python that starts there.

Linux has no wall clock per namespace. The lab installs this for the nodes, with a .pth file that
calls ``use``; without a file of seconds nothing is shifted. Every program of the suite runs in
Python and asks ``time.time``; Pacemaker and the monotonic clock go on as they are.
"""

import os
import time

_real = time.time


def use(directory: str) -> None:
    """Read the shift from the file of this node's name, at each call: it may come at any time."""
    path = os.path.join(directory, os.uname().nodename)

    def shifted() -> float:
        try:
            with open(path) as file:
                return _real() + float(file.read())
        except (FileNotFoundError, ValueError):
            return _real()

    time.time = shifted
