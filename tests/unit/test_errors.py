"""What an error keeps for whoever catches it, and what it says to whoever reads it."""

from __future__ import annotations

from vmha_ocf.errors import NovaBusy, NovaRefused, VmhaError


def test_it_says_what_is_wrong_and_then_what_to_do() -> None:
    assert str(VmhaError("no answer", hint="ask again")) == "no answer (ask again)"
    assert str(VmhaError("no answer")) == "no answer"
    assert repr(VmhaError("no answer")) == "VmhaError('no answer')"


def test_busy_says_how_long_to_wait() -> None:
    busy = NovaBusy("too many requests", hint="raise the limit", retry_after=7.0)
    assert (busy.message, busy.hint, busy.retry_after) == (
        "too many requests",
        "raise the limit",
        7.0,
    )
    assert (NovaBusy("too many requests").hint, NovaBusy("slow").retry_after) == ("", 0.0)


def test_refused_keeps_the_status_of_http() -> None:
    refused = NovaRefused(409, "it is paused", hint="unpause it")
    assert (refused.code, refused.message, refused.hint) == (409, "it is paused", "unpause it")
    assert str(NovaRefused(400, "no")) == "no"
