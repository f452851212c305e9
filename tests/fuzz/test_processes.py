"""What nova-computes, attrd and a libvirt say: a value that is ours, or nothing."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from threading import Thread

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.hostile import any_texts
from vmha_ocf.backends.hypervisor import answering
from vmha_ocf.living.processes import asked, healed

WORDS = {answering.ANSWERS, answering.REFUSES, answering.SILENT, answering.ABSENT}


PROCESS = "bcbc916d-b2c0-4f53-930b-23caa9cc00bf.4711.123456"
PIECES = [
    "who",
    "fail",
    "7",
    "91",
    "-1",
    "\N{ARABIC-INDIC DIGIT ONE}",
    PROCESS,
    f"1763695800 {PROCESS};",
]
nearly = st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join)


@given(any_texts() | nearly, st.just("7") | any_texts())
def test_what_is_asked_and_answered(text: str, word: str) -> None:
    assert not (asked.word_of(text) and asked.to_fail(text))
    process, age = asked.parse_answer(text, word)
    assert process or age == 0.0
    assert " " not in process


@given(any_texts() | nearly)
def test_what_was_healed(text: str) -> None:
    for one in healed.parse_healed(text):
        assert healed.parse_healed(healed.format_healed([one])) == [one]


@given(st.binary(max_size=200))
def test_whatever_listens_on_libvirts_socket(said: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "sock")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen(1)
            talker = Thread(target=_talk, args=(server, said))
            talker.start()
            assert answering.ask(path, "qemu:///system", 0.05) in WORDS - {answering.ABSENT}
            talker.join()


def _talk(server: socket.socket, said: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(said)
