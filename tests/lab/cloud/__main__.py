"""python3 -m tests.lab.cloud up|down|status|env|boot|compute: the cloud by hand."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.lab.cloud.cloud import Cloud
from tests.lab.cloud.site import STATE, read_site
from tests.lab.cloud.venv import VENV


def main() -> int:
    words = _parse()
    state = Path(words.state)
    if words.action != "up" and (state / "cloud/site.json").exists():
        site = read_site(state)
        cloud = Cloud(site.state, site.address, site.netns)
    else:
        cloud = Cloud(state, words.address, words.netns)
    started = time.monotonic()
    _ACTIONS[words.action](cloud, words)
    print(f"{time.monotonic() - started:.1f} s", file=sys.stderr)
    return 0


def _up(cloud: Cloud, words: argparse.Namespace) -> None:
    cloud.up()
    cloud.start_compute(*_hosts(words.count or 0))


def _down(cloud: Cloud, words: argparse.Namespace) -> None:
    alone = cloud.site.netns is None
    cloud.down([node.name for node in cloud.site.nodes.glob("*")] if alone else [])


def _status(cloud: Cloud, words: argparse.Namespace) -> None:
    states = cloud.status()
    for name, state in states.items():
        print(f"{name:<12} {state}")
    if states["mariadb"] != "ready":
        return
    for service in cloud.services():
        if service.binary == "nova-compute":
            running = len(cloud.guests().get(service.host, []))
            flags = " forced_down" * service.forced_down + " disabled" * service.disabled
            print(f"{service.host}: {running} guests, seen {service.last_seen_up}{flags}")


def _env(cloud: Cloud, words: argparse.Namespace) -> None:
    """For eval: the openstack command in front of the path, and its login."""
    print(f"export PATH={VENV}/bin:$PATH OS_COMPUTE_API_VERSION=2.90 OS_CLOUD=admin")
    print(f"export OS_CLIENT_CONFIG_FILE={cloud.clouds_yaml}")


def _boot(cloud: Cloud, words: argparse.Namespace) -> None:
    for uuid in cloud.client().boot("server", words.count or 1):
        print(uuid)


def _compute(cloud: Cloud, words: argparse.Namespace) -> None:
    cloud.start_compute(*_hosts(words.count or 1))


def _hosts(count: int) -> list[str]:
    return [f"compute-{number}" for number in range(1, count + 1)]


_ACTIONS = {
    "up": _up,
    "down": _down,
    "status": _status,
    "env": _env,
    "boot": _boot,
    "compute": _compute,
}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m tests.lab.cloud", description=__doc__)
    parser.add_argument("action", choices=sorted(_ACTIONS))
    parser.add_argument("count", nargs="?", type=int, help="servers, or compute hosts for up")
    parser.add_argument("--state", default=os.environ.get("VMHA_LAB_STATE", str(STATE)))
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--netns")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
