"""NovaEvacuate's parameters about who is told: the log, notifications, and what can be asked."""

from __future__ import annotations

from vmha_ocf.agent.address import is_address, is_web_url
from vmha_ocf.agent.parameter import boolean, string


def is_path(text: str) -> bool:
    return text.startswith("/") and "\0" not in text


INTERFACES = (
    string(
        "log_file",
        "File for the worker's log",
        "Besides syslog. Log rotation may move it away at any time.",
        example="/var/log/vmha/evacuate.log",
    ),
    boolean("verbose", "Log each round", default="false", example="false"),
    string(
        "notify_url",
        "URL to notify of each step of an incident",
        "Gets a POST with JSON for each step of an incident (fenced, claimed, moved, over, ...). Repeated "
        "some times where it does not answer; no recovery waits for it. May hold a token: it is "
        "shown nowhere. Certificates are verified, with ca_file if that is set.",
        accepts=is_web_url,
        allowed="a URL that begins with http:// or https:// and names a host",
        secret=True,
        example="https://alerts.example.com/vmha",
    ),
    string(
        "notify_command",
        "Program to run for each step of an incident",
        "Gets the JSON of notify_url on standard input, and VMHA_STEP, VMHA_HOST, VMHA_INCIDENT, "
        "VMHA_AT and VMHA_TEXT in its environment. Killed after 20 seconds, repeated some times "
        "where it fails; no recovery waits for it.",
        accepts=is_path,
        allowed="the path of a program, beginning with /",
        example="/etc/vmha/notify",
    ),
    string(
        "bus",
        "File that says on which message bus events are sent",
        "Sends each step as an event (vmha.host.fenced, vmha.instance.moved, ...) on OpenStack's message "
        "bus. The file has oslo.messaging's options: in [oslo_messaging_notifications] transport_url, and "
        "topics unless it is notifications. It has a password, so root alone may read it; on every "
        "controller. Needs python3-oslo.messaging. What the broker does not take waits for it, no recovery "
        "does. By default nothing is sent.",
        accepts=is_path,
        allowed="the path of a file, beginning with /",
        example="/etc/vmha/bus.conf",
    ),
    string(
        "listen",
        "Address and port for the page, the JSON API and Prometheus metrics",
        "Serves a page for browsers, /v1/ and /metrics over HTTP, read-only and without a password, on the "
        "controller that the worker runs on: give an address that only those who may see it can reach. "
        "Names of instances are shown with the token of token_file only. By default "
        "nothing listens. An address that comes later (a VIP) is waited for. /metrics needs "
        "python3-prometheus-client.",
        accepts=is_address,
        allowed="an address and a port",
        example="127.0.0.1:9179",
    ),
    string(
        "token_file",
        "File with the token for names of instances",
        "One line of 16 to 500 characters, readable by root alone, on every controller. Who sends it with "
        "a request (X-Vmha-Token), or types it into the page, sees names and ids of instances. Read anew "
        "with each request. By default nobody sees them there.",
        accepts=is_path,
        allowed="the path of a file, beginning with /",
        example="/etc/vmha/token",
    ),
)
