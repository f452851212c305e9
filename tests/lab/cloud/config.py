"""The configuration files of the cloud, as text."""

from __future__ import annotations

from tests.lab.cloud import database, libvirt
from tests.lab.cloud.site import PORTS, SERVICE_DOWN_TIME, Site
from tests.lab.cloud.venv import VENV

PASSWORD = "lab"


def files(site: Site) -> dict[str, str]:
    """Every file below etc/, by name."""
    return {
        "my.cnf": database.configuration(site),
        "keystone.conf": _keystone(site),
        "placement.conf": _placement(site),
        "nova.conf": _nova(site, databases=True),
        "nova-compute.conf": _nova(site, databases=False),
        "api-paste.ini": (VENV / "etc/nova/api-paste.ini").read_text(),
    }


def nova_compute(site: Site, host: str) -> str:
    """What one compute host adds to the common nova-compute.conf."""
    home = site.disk(host) / "nova"
    return f"""\
[DEFAULT]
host = {host}
state_path = {home}

[oslo_concurrency]
lock_path = {home}/lock
{libvirt.of_a_host(site, host)}"""


def _login(site: Site, user: str) -> str:
    return f"""\
auth_type = password
auth_url = {site.url("keystone", "/v3")}
username = {user}
password = {PASSWORD}
user_domain_name = Default
project_name = service
project_domain_name = Default
region_name = RegionOne
"""


def _nova(site: Site, *, databases: bool) -> str:
    login = _login(site, "nova")
    return f"""\
[DEFAULT]
host = controller
my_ip = {site.address}
state_path = {site.home}/nova
transport_url = rabbit://guest:guest@{site.address}:{PORTS["rabbitmq"]}/
compute_driver = {libvirt.driver(site)}
report_interval = 2
periodic_fuzzy_delay = 0
service_down_time = {SERVICE_DOWN_TIME}
rpc_response_timeout = 60
long_rpc_timeout = 60
use_stderr = true
resume_guests_state_on_host_boot = false
max_concurrent_builds = 0
sync_power_state_interval = 600
heal_instance_info_cache_interval = -1
update_resources_interval = 60
executor_thread_pool_size = 8

[api]
list_records_by_skipping_down_cells = true

{_nova_databases(site) if databases else ""}
[cache]
enabled = false

[conductor]
workers = 1

[scheduler]
workers = 1
discover_hosts_in_cells_interval = 2

[filter_scheduler]
enabled_filters = ComputeFilter,ServerGroupAntiAffinityFilter,ServerGroupAffinityFilter
track_instance_changes = false
host_subset_size = 4

[quota]
driver = nova.quota.NoopQuotaDriver

[glance]
api_servers = {site.url("glance")}
endpoint_override = {site.url("glance")}
num_retries = 0

[neutron]
endpoint_override = {site.url("neutron")}
{login}
[placement]
endpoint_override = {site.url("placement")}
{login}
[service_user]
send_service_user_token = false
{login}
[keystone_authtoken]
www_authenticate_uri = {site.url("keystone")}
memcache_security_strategy = None
{login}
[vnc]
enabled = false

[oslo_concurrency]
lock_path = {site.home}/nova/lock

[oslo_messaging_rabbit]
heartbeat_in_pthread = true
rpc_conn_pool_size = 30
amqp_durable_queues = false
kombu_reconnect_delay = 0.5
"""


def _nova_databases(site: Site) -> str:
    pool = "max_pool_size = 20\nmax_overflow = 20\n"
    return f"""\
[api_database]
connection = {database.url(site, "nova_api")}
{pool}
[database]
connection = {database.url(site, "nova")}
{pool}"""


def _placement(site: Site) -> str:
    return f"""\
[DEFAULT]
use_stderr = true

[api]
auth_strategy = keystone

[placement]
randomize_allocation_candidates = true

[placement_database]
connection = {database.url(site, "placement")}
max_pool_size = 20
max_overflow = 20

[keystone_authtoken]
{_login(site, "placement")}"""


def _keystone(site: Site) -> str:
    return f"""\
[DEFAULT]
use_stderr = true

[database]
connection = {database.url(site, "keystone")}

[token]
provider = fernet
expiration = 86400

[fernet_tokens]
key_repository = {site.home}/keys/fernet

[fernet_receipts]
key_repository = {site.home}/keys/fernet

[credential]
key_repository = {site.home}/keys/credential

[identity]
password_hash_rounds = 4

[cache]
enabled = true
backend = dogpile.cache.memory
"""
