"""Run a BMC with a fault on the loopback: PORT POWER_FILE USER PASSWORD FAULT. A program, not a module.

pyghmi's server side, which speaks suite 3 alone and has no answers but good ones; here it speaks 17
too, and does what ``bmc_faults.py`` has under that name. Each login that comes as far as RAKP 2 is a line
of power.log beside POWER_FILE.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pyghmi.ipmi.bmc import Bmc
from pyghmi.ipmi.private import constants, serversession
from pyghmi.ipmi.private import session as wire

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.fakes.bmc_faults import (
    CONTROL,
    DEVICE_ID,
    FAULTS,
    STATUS,
    Fault,
    Memory,
)

NAMES = {(0, 1): STATUS, (0, 2): CONTROL, (6, 1): DEVICE_ID}
NO_COMMON_SUITE, WRONG_INTEGRITY, NO_SUCH_NAME = 0x11, 0x0F, 0x0D
TYPES = constants.payload_types


class Session(serversession.ServerSession):  # type: ignore[misc]
    """Written anew where pyghmi knows one hash and one answer (IPMI 2.0, 13.17 to 13.24)."""

    def _got_rmcp_openrequest(self, data: bytearray) -> None:
        self.integrityalgo, self.confalgo = 0, 0
        self.sessionid = self.sequencenumber = 0
        self.send_payload(
            self.create_open_session_response(data), TYPES["rmcpplusopenresponse"], retry=False
        )

    def create_open_session_response(self, request: bytearray) -> bytearray:
        self.clientsessionid, self.managedsessionid = request[4:8], os.urandom(4)
        self.born = time.monotonic()
        suite = 17 if request[12] == 3 else 3
        status = self.bmc.fault.open_status(request[1], self.bmc.memory.age())
        if not status and suite not in self.bmc.fault.suites:
            status = NO_COMMON_SUITE
        if status:
            return bytearray([request[0], status, 0, 0]) + self.clientsessionid
        self.hash = hashlib.sha256 if suite == 17 else hashlib.sha1
        self.currhashlib, self.currhashlen = self.hash, 16 if suite == 17 else 12
        head = bytearray([request[0], 0, 4, 0]) + self.clientsessionid + self.managedsessionid
        return head + request[8:32]

    def _got_rakp1(self, data: bytearray) -> None:
        self.Rm, self.rolem = data[8:24], data[24]
        self.maxpriv = self.clientpriv = self.rolem & 0b111
        self.username = bytes(data[28 : 28 + data[27]])
        password = self.bmc.password_of(self.username.decode("utf-8", "replace"))
        status = self.bmc.fault.rakp2_status(self.maxpriv) or (0 if password else NO_SUCH_NAME)
        if self.bmc.fault.ignores_names:
            return
        if status:
            self._refuse(data[0], status, "rakp2")
            return
        self.kuid, self.Rc, self.uuiddata = password, os.urandom(16), self.uuid.bytes
        ids = bytes(self.clientsessionid + self.managedsessionid)
        code = self._hmac(self.kuid, ids + bytes(self.Rm) + self.Rc + self.uuiddata + self._who())
        answer = (
            bytearray([data[0], 0, 0, 0]) + self.clientsessionid + self.Rc + self.uuiddata + code
        )
        self.bmc.begun()
        self.send_payload(answer, TYPES["rakp2"], retry=False)

    def _got_rakp3(self, data: bytearray) -> None:
        if data[1]:
            return
        expected = self._hmac(self.kuid, self.Rc + bytes(self.clientsessionid) + self._who())
        status = self.bmc.fault.rakp4_status(self.maxpriv)
        if bytes(data[8 : 8 + len(expected)]) != expected:
            status = WRONG_INTEGRITY
        if status:
            self._refuse(data[0], status, "rakp4")
            return
        self.bmc.memory.open_logins = 0
        self.sik = self._hmac(self.bmc.kg or self.kuid, bytes(self.Rm) + self.Rc + self._who())
        self.k1, self.k2 = (self._hmac(self.sik, bytes([n]) * 20) for n in (1, 2))
        self.aeskey = self.k2[:16]
        self.localsid = struct.unpack("<I", self.managedsessionid)[0]
        self.ipmicallback = self.handle_client_request
        code = self._hmac(self.sik, bytes(self.Rm) + self.managedsessionid + self.uuiddata)
        answer = bytearray([data[0], 0, 0, 0]) + self.clientsessionid + code[: self.currhashlen]
        self.send_payload(answer, TYPES["rakp4"], retry=False)
        self.confalgo, self.integrityalgo, self.sequencenumber = 1, 1, 1
        self.sessionid = struct.unpack("<I", bytes(self.clientsessionid))[0]

    def _who(self) -> bytes:
        return bytes([self.rolem, len(self.username)]) + self.username

    def _hmac(self, key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, self.hash).digest()

    def _refuse(self, tag: int, status: int, message: str) -> None:
        answer = bytearray([tag, status, 0, 0]) + self.clientsessionid
        self.send_payload(answer, TYPES[message], retry=False)

    def handle_client_request(self, request: Any) -> None:
        if (request["netfn"], request["command"]) == (6, 0x3B):
            level = request["data"][0]
            code = self.bmc.fault.level_code(level) or (0x81 if level > self.maxpriv else 0)
            self.send_ipmi_response(data=[] if code else [level], code=code)
        else:
            super().handle_client_request(request)

    def _handle_ipmi2_packet(self, data: bytearray) -> object:
        """A session that the BMC has forgotten gets no answer; a new login begins."""
        if self.born < self.bmc.forgotten and data[5] & 0x3F == TYPES["ipmi"]:
            return None
        return super()._handle_ipmi2_packet(data)


class FaultyBmc(Bmc):  # type: ignore[misc]
    def __init__(self, users: dict[str, str], power_file: Path, fault: Fault, port: int) -> None:
        self.fault, self.memory = fault, Memory()
        self.power_file, self.users = power_file, users
        self.forgotten = 0.0
        super().__init__(users, port=port, address="127.0.0.1")

    def password_of(self, name: str) -> bytes:
        limit = self.fault.lock_after
        if limit and self.memory.open_logins >= limit:
            return b""
        return self.users.get(name, "").encode()

    def begun(self) -> None:
        """A login that is not gone on with is one with a wrong password, as far as a BMC can see: its own
        answer has shown that to the client."""
        self.memory.open_logins += 1
        with self.power_file.with_suffix(".log").open("a") as log:
            log.write("login\n")

    @property
    def firmwaremajor(self) -> int:
        return 0x81 if self.memory.age() < self.fault.unavailable else 0x01

    @firmwaremajor.setter
    def firmwaremajor(self, _: int) -> None:
        """Its constructor sets it."""

    def send_cipher_suites(self, myaddr: int, mylun: int, *client: Any) -> None:
        """Get Channel Cipher Suites (22.15), which ipmitool asks for before its login."""
        address, lun, sequence, _, where = client
        records = {3: b"\xc0\x03\x01\x41\x81", 17: b"\xc0\x11\x03\x44\x81"}
        found = b"".join(records[suite] for suite in sorted(self.fault.suites))
        head = bytearray([address, lun | 7 << 2])
        body = bytearray([myaddr, mylun | sequence << 2, 0x54, 0, 1]) + found
        message = (
            head + bytearray([wire._checksum(*head)]) + body + bytearray([wire._checksum(*body)])
        )
        rmcp = bytearray(b"\x06\x00\xff\x07\x06" + bytes(9)) + struct.pack("<H", len(message))
        wire._io_sendto(self.serversocket, rmcp + message, where)

    def handle_raw_request(self, request: Any, session: Any) -> None:
        name = NAMES.get((request["netfn"], request["command"]), "")
        if not name:
            super().handle_raw_request(request, session)
            return
        answer = self.fault.answer(name, self.memory.count(name), self.memory.age())
        if answer.done and name == CONTROL:
            self._switch(request["data"][0])
        if answer.silent or time.monotonic() < self.memory.silent_until:
            return
        if answer.code or name == CONTROL:
            session.send_ipmi_response(code=answer.code)
        else:
            super().handle_raw_request(request, session)

    def _switch(self, wanted: int) -> None:
        if wanted == 0:
            now = time.monotonic()
            self.memory.silent_until = now + self.fault.silent_after_off
            self.forgotten = now if self.fault.forgets_after_off else 0.0
        text = "1\n" if wanted == 1 else "0\n"
        threading.Timer(self.fault.switching, self.power_file.write_text, [text]).start()

    def get_power_state(self) -> str:
        if self.fault.always_off or self.memory.age() < self.fault.unavailable:
            return "off"
        return "on" if self.power_file.read_text().strip() == "1" else "off"


def wire_with(fault: Fault) -> None:
    """The wire's faults, between pyghmi and its socket."""
    send, receive = wire._io_sendto, wire._io_recvfrom
    dice = random.Random(1)

    def late(*packet: Any) -> None:
        for copy in range(fault.copies):
            threading.Timer(fault.delay + 0.02 * copy, send, packet).start()

    def lossy(sock: Any, size: int) -> Any:
        found = receive(sock, size)
        if found is None or len(found[0]) < 4:  # pyghmi wakes itself so
            return found
        time.sleep(fault.in_line)
        return (b"", found[1]) if dice.random() < fault.loses else found

    if fault.delay or fault.copies > 1:
        wire._io_sendto = late
    if fault.in_line or fault.loses:
        wire._io_recvfrom = lossy


def main() -> None:
    port, power_file, user, password, name = sys.argv[1:]
    fault = FAULTS[name]
    serversession.ServerSession = Session
    wire_with(fault)
    FaultyBmc({user: password}, Path(power_file), fault, int(port)).listen()


if __name__ == "__main__":
    main()
