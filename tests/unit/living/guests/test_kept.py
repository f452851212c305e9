"""What a watcher remembers of this boot."""

from __future__ import annotations

import pytest

from vmha_ocf.living.guests.down import Memory, Trouble
from vmha_ocf.living.guests.kept import format_memory, parse_memory
from vmha_ocf.living.guests.states import Kind
from vmha_ocf.model import Epoch, InstanceId

BOOT = "bcbc916d-b2c0-4f53-930b-23caa9cc00bf"
ONE, TWO, THREE, FOUR = (InstanceId(f"5d8a1f8e-8c10-4c5e-9d2f-00000000000{n}") for n in range(4))
MEMORY = Memory(
    ran=frozenset({ONE, TWO}),
    answered=frozenset({TWO}),
    troubles={
        TWO: Trouble(Kind.CRASHED, Epoch(1795864608.125), seen=True, reason=3),
        THREE: Trouble(Kind.IO_ERROR, Epoch(1795864600.0), seen=False),
    },
)


def test_it_comes_back() -> None:
    assert parse_memory(format_memory(MEMORY, BOOT), BOOT) == MEMORY
    assert parse_memory(format_memory(Memory(), BOOT), BOOT) == Memory()


def test_of_another_boot_it_is_nothing() -> None:
    assert parse_memory(format_memory(MEMORY, BOOT), BOOT.replace("b", "c")) == Memory()
    assert parse_memory(format_memory(MEMORY, ""), "") == Memory()


@pytest.mark.parametrize(
    "text",
    [
        "",
        BOOT,
        f"{BOOT}\n{ONE} r",
        f"{BOOT}\n{ONE}\n",
        f"{BOOT}\nnobody r\n",
        f"{BOOT}\n{ONE} r crashed 1 1\n",
        f"{BOOT}\n{ONE} r eaten 1 1 3\n",
        f"{BOOT}\n{ONE} r crashed soon 1 3\n",
        f"{BOOT}\n{ONE} r crashed nan 1 3\n",
        f"{BOOT}\n{ONE} r crashed 1e400 1 3\n",
        f"{BOOT}\n{ONE} r crashed 1 1 x\n",
        f"{BOOT}\n\n",
    ],
)
def test_what_is_cut_off_or_not_ours_is_nothing(text: str) -> None:
    assert parse_memory(text, BOOT) == Memory()
