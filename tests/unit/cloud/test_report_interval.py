"""What is learnt of Nova's times from its list of services, and what is assumed from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.unit.dead_host import text
from vmha_ocf.cloud.report_interval import Reports
from vmha_ocf.cloud.service_down_time import assumed, report_interval
from vmha_ocf.model import ComputeService, NovaHost

ONE, TWO = NovaHost("compute-1"), NovaHost("compute-2")


def service(at: float, host: NovaHost = ONE, **about: object) -> ComputeService:
    shown = ComputeService(f"id-{host}", host, up=True, enabled=True, forced_down=False)
    return replace(shown, updated_at=text(at), **about)  # type: ignore[arg-type]


def looked(*looks: tuple[float, ComputeService]) -> Reports:
    reports = Reports()
    for now, one in looks:
        reports = reports.look([one], now)
    return reports


def watched(interval: float, every: float, length: float = 600.0) -> Reports:
    """A nova-compute that reports each ``interval`` seconds, looked at each ``every``."""
    reports = Reports()
    for number in range(int(length / every)):
        now = 0.5 + number * every
        reports = reports.look([service(now - now % interval)], now)
    return reports


@pytest.mark.parametrize(("interval", "every"), [(10, 3), (10, 1), (60, 3), (60, 29), (300, 30)])
def test_the_interval_is_learnt_from_looks_that_are_close(interval: float, every: float) -> None:
    found = watched(interval, every, 10 * interval).interval
    assert found == pytest.approx(interval)


def test_several_reports_between_two_looks_say_nothing() -> None:
    assert watched(10, 30).interval is None


def test_three_moves_are_needed() -> None:
    looks = [(0.0, service(0)), (9.0, service(0)), (10.5, service(10))]
    assert looked(*looks).moves == (10.0,)
    assert looked(*looks).interval is None


def test_a_change_of_the_service_is_no_report() -> None:
    disabled = service(4, enabled=False, disabled_reason="disk")
    assert looked((3.0, service(0)), (4.0, disabled)).moves == ()
    assert looked((3.0, service(0)), (4.0, service(4, id="another"))).moves == ()


@pytest.mark.parametrize("about", [{"up": False}, {"forced_down": True}])
def test_who_is_down_does_not_report(about: Mapping[str, bool]) -> None:
    down = service(10, ONE, **about)
    assert looked((9.0, service(0)), (10.0, down)).moves == ()
    assert looked((9.0, replace(down, updated_at=text(0))), (10.0, service(10))).moves == ()
    assert Reports().look([down, service(100, TWO)], 100.0).oldest_up == 0.0


def test_what_is_no_time_is_left_out() -> None:
    garbled = replace(service(10), updated_at="yesterday")
    assert looked((9.0, service(0)), (10.0, garbled)).moves == ()
    assert looked((9.0, garbled), (10.0, service(20))).moves == ()
    assert looked((9.0, service(10)), (10.0, service(0))).moves == ()
    assert Reports().look([garbled], 1.0).oldest_up == 0.0


def test_an_interval_that_somebody_changes_is_learnt_anew() -> None:
    reports = watched(10, 3, 600)
    for number in range(4000):
        now = 1000.5 + number * 3
        reports = reports.look([service(now - now % 30)], now)
    assert reports.interval == pytest.approx(30)


def test_the_oldest_report_of_a_host_that_is_up_is_remembered() -> None:
    reports = Reports().look([service(100), service(250, TWO)], 1.0)
    assert (reports.oldest_up, reports.oldest_host) == (150.0, ONE)
    reports = reports.look([service(255), service(260, TWO)], 2.0)
    assert (reports.oldest_up, reports.oldest_host) == (150.0, ONE)


def test_so_is_one_that_we_have_seen_for_long() -> None:
    looks = [(float(now), service(0)) for now in range(0, 90, 30)]
    assert looked(*looks).oldest_up == 60.0
    assert looked(*looks, (90.0, service(88)), (100.0, service(88))).oldest_up == 60.0


def test_nothing_seen_is_novas_default() -> None:
    found = assumed(0.0, Reports())
    assert (found.seconds, found.why, found.wrong) == (60.0, "Nova's default", "")
    assert assumed(0.0, watched(10, 3)).seconds == 60.0


@pytest.mark.parametrize(("configured", "seconds"), [(0.0, 10.0), (180.0, 30.0)])
def test_until_it_is_seen_the_interval_is_what_goes_with_service_down_time(
    configured: float, seconds: float
) -> None:
    assert report_interval(Reports(), assumed(configured, Reports())) == seconds
    seen = watched(20, 3)
    assert report_interval(seen, assumed(configured, seen)) == 20.0


def test_a_long_interval_means_a_long_time() -> None:
    found = assumed(0.0, watched(60, 3))
    assert found.seconds == pytest.approx(360.0)
    assert "report every 60 s" in found.why


def test_what_is_configured_counts() -> None:
    found = assumed(180.0, watched(60, 3))
    assert (found.seconds, found.why) == (180.0, "service_down_time=180 of NovaEvacuate")


@pytest.mark.parametrize("configured", [0.0, 100.0])
def test_a_host_that_is_up_with_an_older_report_raises_it(configured: float) -> None:
    reports = Reports().look([service(100), service(250.5, TWO)], 1.0)
    found = assumed(configured, reports)
    assert found.seconds == 151.0
    assert "called compute-1 up 151 s after its last report" in found.why
    assert bool(found.wrong) is bool(configured)
    assert assumed(151.0, reports).wrong == ""
