"""BMCs that speak IPMI 2.0 on the loopback, each a process: OpenIPMI's ipmi_sim and pyghmi's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from contextlib import closing, suppress
from pathlib import Path

from tests.fakes.certificate import make_certificate
from vmha_ocf.backends.bmc.child import ChildBmc, Deadlines
from vmha_ocf.backends.bmc.ipmi import IpmiBmc
from vmha_ocf.backends.bmc.redfish import RedfishBmc
from vmha_ocf.backends.process.clock import SystemClock
from vmha_ocf.errors import Unavailable
from vmha_ocf.fencing.bmc_access import BmcAccess, Protocol
from vmha_ocf.model import Power

USER, PASSWORD = "admin", "labpw"
ADDRESS = "127.0.0.1"
START_LIMIT = 30.0

_LAN = """\
name "contract"
set_working_mc 0x20
  startlan 1
    addr {address} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
    {kg}
  endlan
  chassis_control "{chassis}"
  user 1 false "" "" user 10 none md2 md5 straight
  user 2 true "{user}" "{password}" admin 10 none md2 md5 straight
"""
_EMULATION = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""
_CHASSIS = """\
#!/bin/sh
# ipmi_sim calls: NODE get power, or: NODE set power 0|1
case "$*" in
*"get power"*) echo "power:$(cat {power})" ;;
*"set power"*) for last; do :; done; echo "$last" > {power}.new && mv {power}.new {power} ;;
esac
"""


def free_port() -> int:
    """Of UDP and of TCP: some of these speak the one, some the other."""
    while True:
        with (
            closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as udp,
            closing(socket.socket()) as tcp,
        ):
            udp.bind((ADDRESS, 0))
            port: int = udp.getsockname()[1]
            with suppress(OSError):
                tcp.bind((ADDRESS, port))
                return port


def write_ipmi_sim(folder: Path, power_file: Path, *, port: int, kg: str = "") -> None:
    """``bmc.conf`` and ``bmc.emu``, for ``ipmi_sim -n -c bmc.conf -f bmc.emu -s STATE``."""
    chassis = folder / "chassis"
    chassis.write_text(_CHASSIS.format(power=power_file))
    chassis.chmod(0o755)
    key = f'bmc_key "{kg}"' if kg else ""
    values = {"address": ADDRESS, "port": port, "chassis": chassis, "kg": key}
    (folder / "bmc.conf").write_text(_LAN.format(**values, user=USER, password=PASSWORD))
    (folder / "bmc.emu").write_text(_EMULATION)


class BmcProcess(ABC):
    """One BMC whose host is a file that says 0 or 1. See ``BmcStage``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.power_file = folder / "power"
        self.set_host(Power.ON)
        self._process = self._start()
        self.bmc = self.client()
        self.stranger = self.client(password="wrong")

    @abstractmethod
    def argv(self) -> list[str]: ...

    kg = ""
    probing = Deadlines(login=0.6, command=0.5)

    def client(self, deadlines: Deadlines | None = None, **other: object) -> ChildBmc:
        own = {"port": self.port, "username": USER, "password": PASSWORD}
        values = {**own, "kg": self.kg.encode().hex() or None, **other}
        access = BmcAccess(ADDRESS, **values)  # type: ignore[arg-type]
        return IpmiBmc(access, SystemClock(), deadlines or Deadlines(login=3, command=2))

    def host(self) -> Power:
        return Power.ON if self.power_file.read_text().strip() == "1" else Power.OFF

    def set_host(self, power: Power) -> None:
        new = self.power_file.with_suffix(".hand")
        new.write_text("1\n" if power is Power.ON else "0\n")
        new.rename(self.power_file)

    def wait(self) -> None:
        time.sleep(0.2)

    def silence(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def knows_its_host(self, yes: bool) -> None:
        """Not: it does as one that has just restarted. ``PyghmiSim`` only."""
        sign = self.power_file.with_suffix(".restarted")
        if yes:
            sign.unlink()
        else:
            sign.touch()

    def restart(self) -> None:
        self._stop()
        self._process = self._start()

    def close(self) -> None:
        self.bmc.close()
        self.stranger.close()
        self._stop()

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        log = (self.folder / "bmc.log").open("ab")
        with log:
            process = subprocess.Popen(
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        self._await_answer(process)
        return process

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and process.poll() is None:
            probe = self.client(self.probing)
            try:
                probe.power()
                return
            except Unavailable:
                continue
            finally:
                probe.close()
        process.kill()
        raise AssertionError(f"no BMC: {(self.folder / 'bmc.log').read_text()}")


class IpmiSim(BmcProcess):
    """OpenIPMI's: an implementation of its own. Suites 1 to 3, no SHA256."""

    def __init__(self, folder: Path, *, kg: str = "") -> None:
        self.kg = kg
        super().__init__(folder)

    def argv(self) -> list[str]:
        program = shutil.which("ipmi_sim")
        assert program, "ipmi_sim is missing: install the package openipmi"
        write_ipmi_sim(self.folder, self.power_file, port=self.port, kg=self.kg)
        return [program, "-n", "-c", "bmc.conf", "-f", "bmc.emu", "-s", str(self.folder / "state")]


class PyghmiSim(BmcProcess):
    """pyghmi's server side, as virtualbmc uses it: accepts any proposal, then speaks suite 3."""

    def argv(self) -> list[str]:
        program = os.path.join(os.path.dirname(__file__), "pyghmi_bmc.py")
        return [
            sys.executable,
            "-I",
            program,
            str(self.port),
            str(self.power_file),
            USER,
            PASSWORD,
        ]


class RedfishEmulator(BmcProcess):
    """sushy-tools' emulator, over TLS, with sessions before it: see ``sushy_bmc.py``."""

    probing = Deadlines(login=3, command=2)

    def argv(self) -> list[str]:
        certificate = self.folder / "both.pem"
        if not certificate.exists():
            make_certificate(self.folder)
        program = os.path.join(os.path.dirname(__file__), "sushy_bmc.py")
        told = [str(self.port), str(self.power_file), USER, PASSWORD, str(certificate)]
        return [sys.executable, "-I", program, *told]

    def client(self, deadlines: Deadlines | None = None, **other: object) -> RedfishBmc:
        own = {
            "port": self.port,
            "username": USER,
            "password": PASSWORD,
            "protocol": Protocol.REDFISH,
            "ca_file": str(self.folder / "ca.pem"),
        }
        access = BmcAccess(ADDRESS, **{**own, **other})  # type: ignore[arg-type]
        return RedfishBmc(access, SystemClock(), deadlines or Deadlines(login=5, command=3))

    def has_sessions(self, yes: bool) -> None:
        sign = self.power_file.with_suffix(".sessionless")
        if yes:
            sign.unlink()
        else:
            sign.touch()

    def open_sessions(self) -> int:
        """By its own count, which it tells everybody."""
        trusted = ssl.create_default_context(cafile=self.folder / "ca.pem")
        url = f"https://{ADDRESS}:{self.port}/redfish/v1/"
        with urllib.request.urlopen(url, timeout=5, context=trusted) as answer:
            return int(json.load(answer)["Oem"]["Sessions"])


class FaultyBmc(BmcProcess):
    """Ours: suites 3 and 17, and what ``tests/fakes/bmc_faults.py`` has under a name."""

    def __init__(self, folder: Path, fault: str = "healthy") -> None:
        self.fault = fault
        super().__init__(folder)

    def argv(self) -> list[str]:
        return faulty_bmc(self.port, self.power_file, self.fault)

    def logins_begun(self) -> int:
        """Up to RAKP 2, where the password counts."""
        return len(self.power_file.with_suffix(".log").read_text().splitlines())

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        """By its port: what it answers to a login may be the fault, and is counted."""
        self.await_port(self.port, process, self.folder / "bmc.log")

    @staticmethod
    def await_port(
        port: int, process: subprocess.Popen[bytes], log: Path, whose: str = "/proc/self"
    ) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline and process.poll() is None:
            if f":{port:04X} " in Path(f"{whose}/net/udp").read_text():
                return
            time.sleep(0.02)
        process.kill()
        process.wait()
        raise AssertionError(f"no BMC: {log.read_text()}")


def faulty_bmc(port: int, power_file: Path, fault: str) -> list[str]:
    program = str(Path(__file__).parents[1] / "fakes" / "ipmi_bmc.py")
    given = [str(port), str(power_file), USER, PASSWORD, fault]
    return [sys.executable, "-I", program, *given]
