"""What an operator can set of NovaEvacuate. A monitor reads it, so it imports next to nothing."""

from __future__ import annotations

from vmha_ocf.agent.parameter import boolean, choice, integer, string
from vmha_ocf.worker.interface_parameters import INTERFACES, is_path

_STALLED = 60.0
"""Seconds without a round, beyond five slow answers of Nova, after which the worker hangs."""
_NAMES = "names by commas, exact, case matters; the one word none is no name at all"


def longest_silence(request_timeout: float) -> float:
    """Seconds without a beat after which the worker is taken for hanging."""
    return _STALLED + 5 * request_timeout


PARAMETERS = (
    string(
        "cloud",
        "Name of the cloud in clouds.yaml",
        "The cloud in clouds.yaml to take all credentials from.",
        example="vmha",
    ),
    string(
        "clouds_file",
        "The clouds.yaml file",
        "Path of a clouds.yaml file, on each controller, readable by root only. By default "
        "/etc/openstack/clouds.yaml; no other place is looked at.",
        example="/etc/vmha/clouds.yaml",
    ),
    string("auth_url", "URL of Keystone", example="https://keystone.example.com:5000/v3"),
    string("username", "User", example="vmha"),
    string("password", "Password of the user", secret=True),
    string("tenant_name", "Older name of project_name", example="service"),
    string("project_name", "Project of the user", example="service"),
    string("user_domain", "Domain of the user", default="Default", example="Default"),
    string("project_domain", "Domain of the project", default="Default", example="Default"),
    string("application_credential_id", "Id of an application credential"),
    string("application_credential_name", "Name of an application credential of username"),
    string("application_credential_secret", "Secret of the application credential", secret=True),
    string(
        "region_name",
        "Region",
        "Needed where the cloud has several: hosts of two regions may have the same names.",
        example="RegionOne",
    ),
    choice(
        "endpoint_type",
        "Which endpoints of the catalog to use",
        "By default what clouds.yaml says, else internal.",
        words=("internalURL", "publicURL", "adminURL", "internal", "public", "admin"),
    ),
    boolean(
        "insecure",
        "Do not verify TLS certificates",
        default="false",
        example="false",
    ),
    string(
        "ca_file",
        "File of the certificate authorities to trust",
        example="/etc/ssl/certs/ca.pem",
    ),
    integer(
        "request_timeout",
        "Longest wait for one answer of Nova",
        least=2,
        most=600,
        unit="seconds",
        default="30",
        example="30",
    ),
    integer(
        "settle",
        "How long a request without a clear answer may still take effect",
        "An instance is left alone for so long when Nova did not answer a request for it, or when an "
        "earlier worker may have just asked for it. It has to be longer than Nova's API, or a proxy "
        "before it, can hold a request; request_timeout if that is longer.",
        least=10,
        most=3600,
        unit="seconds",
        default="60",
        example="60",
    ),
    string(
        "server_tags",
        "Server tags that mark an instance",
        default="automatic-recovery,evacuable",
        allowed=_NAMES,
        example="automatic-recovery",
    ),
    string(
        "metadata_keys",
        "Server metadata that mark an instance if true",
        "False in any of them wins over every other mark.",
        default="evacuable,HA_Enabled",
        allowed=_NAMES,
        example="HA_Enabled",
    ),
    string(
        "flavor_keys",
        "Flavor extra specs that mark an instance if true",
        default="evacuable",
        allowed=_NAMES,
        example="evacuable",
    ),
    string(
        "image_keys",
        "Image properties (if true) or image tags that mark an instance",
        default="evacuable",
        allowed=_NAMES,
        example="evacuable",
    ),
    choice(
        "untagged",
        "What becomes of instances without a mark",
        "auto evacuates all of them as long as nothing in the cloud carries a mark, and none of "
        "them otherwise; all and none say it outright.",
        words=("auto", "all", "none"),
        default="auto",
    ),
    choice(
        "unevacuable_states",
        "What becomes of paused, suspended and rescued instances",
        "Nova does not evacuate them. recover resets them to error, which it does evacuate: their "
        "memory died with the host. report leaves them and says so.",
        words=("recover", "report"),
        default="recover",
    ),
    boolean(
        "no_shared_storage",
        "Disks are local to their host",
        "Instances that were booted from an image are then reported and left where they are, "
        "because Nova would give them a new disk. Those booted from volumes are evacuated.",
        default="false",
        example="false",
    ),
    boolean(
        "rebuild_from_image",
        "With no_shared_storage: evacuate all the same, with new disks",
        default="false",
        example="false",
    ),
    integer(
        "poison_window",
        "When an instance is taken for what kills its hosts",
        "One that was on two hosts that died within this time is not evacuated a third time: it is "
        "told, with the command that evacuates it all the same. 0 is never.",
        least=0,
        most=604800,
        unit="seconds",
        default="3600",
        example="3600",
    ),
    integer(
        "evacuate_delay",
        "Wait before the first request for a host",
        "For storage that keeps a dead client's locks for a while (NFS).",
        least=0,
        most=86400,
        unit="seconds",
        default="0",
        example="0",
    ),
    integer(
        "storm_limit",
        "Most hosts that may fail within storm_window",
        "When more have failed, evacuation is held until an operator releases it; fencing goes "
        "on. 0 is no limit.",
        least=0,
        most=10000,
        unit="hosts",
        default="5",
        example="5",
    ),
    integer(
        "storm_window",
        "For how long a failure counts for storm_limit",
        "A storm that has begun lasts until it is released or none of its hosts is flagged.",
        least=60,
        most=604800,
        unit="seconds",
        default="3600",
        example="3600",
    ),
    integer(
        "storm_share",
        "Largest share of the hosts that may be down at once",
        "When more are, and more than storm_limit, evacuation is held as well. 0 is no limit.",
        least=0,
        most=100,
        unit="percent of the hosts",
        default="25",
        example="25",
    ),
    integer(
        "service_down_time",
        "Nova's service_down_time, which its API does not tell",
        "While a host is dying, requests wait as long for Nova to miss it. 0 is six times the "
        "interval at which nova-computes are seen to report, and at least 60.",
        least=0,
        most=86400,
        unit="seconds",
        default="0",
        example="180",
    ),
    integer(
        "site_start",
        "How long a site may take to start",
        "After no controller had quorum and most hosts have booted since, as after a power cut: what "
        "is fenced in this time waits until it is over, or comes back with its host; then hosts that "
        "nobody has seen are named. 0 is never.",
        least=0,
        most=86400,
        unit="seconds",
        default="600",
        example="600",
    ),
    choice(
        "after_boot",
        "What becomes of marked instances that are off because their host was",
        "Nova stops them when their host has booted, after a power cut or because somebody rebooted "
        "it. list names them, with the command that starts them; resume starts those again that ran "
        "before, by their priority and a few at a time.",
        words=("list", "resume"),
        default="list",
    ),
    integer(
        "max_in_flight",
        "Most evacuations at once",
        least=1,
        most=10000,
        default="100",
        example="100",
    ),
    integer(
        "max_per_host",
        "Most evacuations at once off one host",
        least=1,
        most=10000,
        default="60",
        example="60",
    ),
    integer(
        "max_per_destination",
        "Most evacuations at once, times the hosts that can take them",
        least=1,
        most=10000,
        default="20",
        example="20",
    ),
    string(
        "priority_key",
        "Server metadata with the priority",
        "A whole number: instances with a higher one are evacuated first.",
        default="evacuation_priority",
        example="evacuation_priority",
    ),
    string(
        "group_key",
        "Server metadata with the restart group",
        "A whole number: among equal priorities lower groups are evacuated first.",
        default="restart_group",
        example="restart_group",
    ),
    string(
        "policy",
        "The policy file",
        "Path of a TOML file, on each controller and the same on all: whom to leave alone, and "
        "classes of instances (docs/policy.rst). Read anew when it changes. By default there is none, "
        "and nothing of it is on.",
        accepts=is_path,
        allowed="the path of a file, beginning with /",
        example="/etc/vmha/policy.toml",
    ),
    string(
        "domain",
        "DNS domain of the hosts in Nova",
        "Appended to a node's name to find its Nova host, where the two differ. Only for hosts "
        "that Pacemaker fenced without fence_compute.",
        example="example.com",
    ),
    *INTERFACES,
)
