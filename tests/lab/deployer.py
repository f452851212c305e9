"""A deployer of the lab: one recipe after another, each to a cluster that has nothing of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cloud.identity import ADMIN
from tests.lab.command import Result
from tests.lab.layout import BMC_PASSWORD, BMC_USER, REPOSITORY, Lab
from tests.lab.older import OlderAgents
from tests.lab.stage import EXAMPLES, TIMING, WORKER, Stage, compute_commands, write_secrets


@dataclass(frozen=True)
class Deployer:
    stage: Stage
    settings: Mapping[str, str]
    """What every recipe is told: the lab's names, addresses, secrets and patience."""

    @classmethod
    def of(cls, stage: Stage) -> Deployer:
        lab = stage.lab
        inventory, clouds = write_secrets(stage)
        script = lab.state / "bmc-password"
        script.touch(mode=0o700)
        script.write_text(f"#!/bin/sh\necho {BMC_PASSWORD}\n")
        return cls(
            stage,
            {
                "HOSTS": " ".join(stage.hosts),
                "MONITOR": TIMING.monitor,
                "MONITOR_TIMEOUT": TIMING.timeout,
                "RECONNECT": TIMING.reconnect,
                "BMCS": " ".join(f"{node.name}={node.bmc_address}" for node in lab.computes),
                "BMC_USER": BMC_USER,
                "BMC_PASSWORD_SCRIPT": str(script),
                "EXTRA_FENCE": "cipher=3",
                "INVENTORY": str(inventory),
                "CLOUDS_FILE": str(clouds),
                "EXTRA": WORKER,
                "ALERT": str(EXAMPLES / "alert-wake"),
                **compute_commands(lab),
            },
        )

    def run(self, name: str, **more: str) -> None:
        self.stage.example(name, **(dict(self.settings) | more))

    def attempt(self, name: str, **more: str) -> Result:
        """A recipe that may fail, or that says something."""
        return self.stage.attempt(name, **(dict(self.settings) | more))

    def run_with_containers(self, name: str) -> None:
        """Without a word on how a container is started, so as the recipe has it by itself."""
        lab = self.stage.lab
        # Not in the path: a node that has looked for podman there once does not see one that comes later.
        podman = lab.state / "podman"
        podman.write_text(_of(lab, Path(__file__).parent.joinpath("podman").read_text()))
        podman.chmod(0o755)
        nova_conf = self._nova_conf()
        commands = compute_commands(lab)
        settings = {key: value for key, value in self.settings.items() if key not in commands}
        self.stage.example(name, **settings, UNIT="", ENGINE=str(podman), NOVA_CONF=str(nova_conf))

    def run_with_kollas_unit(self, name: str) -> None:
        """Nor a word on the unit."""
        self.run(name, NOVA_CONF=str(self._nova_conf()))

    def _nova_conf(self) -> Path:
        nova_conf = self.stage.lab.state / "nova.conf"
        nova_conf.write_text("[DEFAULT]\nmy_ip = 192.0.2.1\n")
        return nova_conf

    def generate(self) -> None:
        """As docs/vmha.rst has it; the lab's hosts are remote nodes already."""
        lab = self.stage.lab
        hosts, script, secrets = (
            lab.state / name for name in ("hosts.yaml", "protect.sh", "secrets.ini")
        )
        hosts.write_text(_hosts_yaml(lab))
        evacuate = [word for one in WORKER.split() for word in ("--evacuate", one)]
        commands = {name.lower(): self.settings[name] for name in compute_commands(lab)}
        compute = [word for one in commands.items() for word in ("--compute", "=".join(one))]
        inventory = lab.state / "generated.ini"
        controller = self.stage.cluster.controller()
        text = self.stage.cluster.must(
            controller,
            ["vmha", "generate", str(hosts), "--secrets", str(secrets), "--without-remotes",
             "--inventory-path", str(inventory), "--clouds-file", self.settings["CLOUDS_FILE"],
             *evacuate, *compute],
        )  # fmt: skip
        assert BMC_PASSWORD not in text
        script.write_text(text)
        must = self.stage.cluster.must
        must(controller, ["install", "-D", "-m", "600", str(secrets), str(inventory)])
        must(
            controller,
            ["env", f"ALERT={self.settings['ALERT']}", "sh", str(script)],
            timeout=300,
        )

    def remove(self) -> None:
        """And what remove.sh leaves, as it is the site's: what power-devices.sh made, and a
        nova-compute that commands start."""
        self.run("remove.sh")
        history = "//cluster_property_set[@id='vmha-history']"
        controller = self.stage.cluster.controller()
        self.stage.cluster.must(controller, ["cibadmin", "--delete", "--xpath", history])
        program = str(Path(REPOSITORY, "tests/lab/nova-compute"))
        # Where it is a unit, systemd would start it again.
        for host in self.stage.hosts if compute_commands(self.stage.lab) else ():
            stop = [program, "stop", "here", str(self.stage.lab.state)]
            self.stage.cluster.must(host, stop)
        configured = [one.get("id", "") for one in self.stage.cluster.cib().iter("primitive")]
        for name in configured:
            if name.startswith("power-"):
                self.stage.cluster.pcs("stonith", "delete", name)

    def older_agents(self) -> OlderAgents:
        """They run on all nodes, configured in essence as TripleO and Crowbar did it."""
        older = OlderAgents(self.stage)
        older.install()
        # TripleO's. When Pacemaker connects again, it drops the older flag, whose key is the node's name.
        self.run("hosts.sh", RECONNECT="240s")
        self.run("power-devices.sh", AGENT="fence_ipmilan", EXTRA_POWER=IPMILAN)
        site = {
            "auth_url": "http://cloud:15000/v3",
            "tenant_name": ADMIN.project,
            "user_domain": "Default",
            "project_domain": "Default",
        }
        access = [f"{name}={value}" for name, value in site.items()]
        login = [*access, f"username={ADMIN.name}", f"password={ADMIN.password}"]
        with self.stage.cluster.pcs_batch() as pcs:
            pcs("stonith", "create", "fence-nova", "fence_compute", *access,
                f"login={ADMIN.name}", f"passwd={ADMIN.password}", "record_only=1",
                f"pcmk_host_list={self.settings['HOSTS']}", "meta", "provides=unfencing")  # fmt: skip
            for host in self.stage.hosts:
                pcs("stonith", "level", "add", "1", host, f"power-{host}", "fence-nova")
            pcs("resource", "create", "compute-unfence-trigger", "ocf:pacemaker:Dummy",
                "op", "stop", "timeout=20", "on-fail=block",
                "meta", "requires=unfencing", "clone", "interleave=true")  # fmt: skip
            pcs("resource", "create", "nova-evacuate", "ocf:openstack:NovaEvacuate", *login,
                "op", "monitor", "interval=2s", "timeout=600s")  # fmt: skip
            pcs("resource", "create", "nova-compute", "ocf:openstack:NovaCompute", *login,
                "op", "start", "timeout=600s", "clone", "interleave=true")  # fmt: skip
            for clone in ("compute-unfence-trigger-clone", "nova-compute-clone"):
                rule = ("rule", "resource-discovery=exclusive", "score=0")
                pcs("constraint", "location", clone, *rule, "osprole", "eq", "compute")
            rule = ("rule", "resource-discovery=never", "score=-INFINITY")
            pcs("constraint", "location", "nova-evacuate", *rule, "osprole", "eq", "compute")
            pcs("constraint", "order", "start", "nova-compute-clone", "then", "nova-evacuate")
        return older


def _hosts_yaml(lab: Lab) -> str:
    """The inventory of a deployer, for vmha generate."""
    lines = [f"bmc: {{username: {BMC_USER}, password: {BMC_PASSWORD}, cipher: 3}}", "hosts:"]
    lines += [
        f"  - {{name: {node.name}, address: {node.address}, bmc: {{address: {node.bmc_address}}}}}"
        for node in lab.computes
    ]
    return "\n".join([*lines, ""])


def _of(lab: Lab, text: str) -> str:
    """A program of the lab that has to know where it is."""
    return text.replace("@REPOSITORY@", str(REPOSITORY)).replace("@STATE@", str(lab.state))


IPMILAN = "lanplus=1 cipher=3 method=onoff"
