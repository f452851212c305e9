"""Short ways to say what a policy's tests judge."""

from __future__ import annotations

from vmha_ocf.cloud.policy.read import Understood, understand
from vmha_ocf.cloud.policy.values import Policy

PROJECT = "0123456789abcdef0123456789abcdef"
IMAGE = "11111111-2222-3333-4444-555555555555"

WHOLE = f"""
default_class = "cattle"
never_fence = ["gateway-*"]

[[exclude]]
why = "Octavia makes new ones"
image = {{ amphora = true }}

[[exclude]]
why = "bound to their hosts"
projects = "{PROJECT}"
names = ["canary-*"]
images = ["{IMAGE}"]
from = ["evacuation", "move"]

[class.pets]
tags = ["pet", "precious"]
metadata = {{ tier = "gold" }}
flavor = {{ "vmha:pet" = true }}
image = {{ pet = true }}

[class.pets.guest]
crashed = ["restart", "move", "notify"]
hung = "notify"
[class.pets.process]
libvirt = ["restart", "notify"]
nova-compute = ["restart", "disable", "fence"]
[class.pets.network]
admin = "none"
tenant = ["migrate", "disable"]
several = "notify"

[class.cattle.network]
several = "fence"

[guest]
attempts = 2
window = "1 h"
burst = 20
pace = "500 s"
io_grace = "2min"

[gates]
held_for = "90s"
hosts_at_once = 2

[measured.tenant]
attribute = "tenant-net"
resource = "ping-tenant"
healthy_from = 1
[measured.storage]
attribute = "#health-storage"
resource = "storage"
healthy = ["green", "yellow"]
"""


def whole(text: str) -> Understood:
    """As by a version that does all of it."""
    return understand(text, {})


def policy(text: str) -> Policy:
    found = whole(text)
    assert not found.faults, list(map(str, found.faults))
    return found.policy


def told(text: str) -> list[str]:
    """The faults, in words."""
    return [str(fault) for fault in whole(text).faults]
