"""`rapport bench`: what it prints, that both sides do the same work, and that a difference is never passed over."""

import json
import os
import subprocess
import sys
import time

import pytest

from rapport.run.bench.frame import Case, benches, measured

EXAMPLES, TOGETHER, ALGEBRA = 6, 2, 3


def test_each_benchmark_is_found_by_its_name() -> None:
    assert "segments" in benches()


def test_a_case_is_judged_by_its_ratio_and_by_equal_results() -> None:
    slow = measured(Case("slow", lambda: time.sleep(0.03), "quick", lambda: time.sleep(0.01), goal=2.0, runs=3))
    assert slow.ratio > 2
    assert not slow.is_met
    free = measured(Case("free", lambda: time.sleep(0.03), "quick", lambda: time.sleep(0.01), goal=2.0, free_seconds=1.0, runs=3))
    assert free.is_met
    assert free.goal >= free.ratio
    late = measured(Case("late", lambda: time.sleep(0.03), "quick", lambda: None, goal=1e9, most_seconds=0.01, runs=3))
    assert not late.is_met
    wrong = measured(Case("wrong", lambda: 1, "right", lambda: 2, goal=1000.0, runs=1))
    assert not wrong.equal_results
    assert not wrong.is_met


@pytest.mark.large
def test_segments_mean_what_the_queries_by_hand_mean(tmp_path: object) -> None:
    words = [sys.executable, "-m", "rapport", "bench", "segments", "--events", "40000", "--runs", "1", "--json"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    done = subprocess.run(words, env=kept | {"RAPPORT_DATA_DIR": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["bench"] == "segments"
    assert len(found["cases"]) == EXAMPLES + TOGETHER + ALGEBRA
    told = "name ours_seconds peer peer_seconds ratio goal equal_results peak_mb most_mb"
    assert set(found["cases"][0]) == set(told.split())
    assert all(case["equal_results"] for case in found["cases"])


@pytest.mark.large
@pytest.mark.slow
def test_pages_of_both_houses_come_well(tmp_path: object) -> None:
    words = [sys.executable, "-m", "rapport", "bench", "pages", "--customers", "1500", "--events", "6000", "--runs", "1", "--json"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAPPORT_", "DJANGO_"))}
    done = subprocess.run(words, env=kept | {"RAPPORT_DATA_DIR": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {case["name"] for case in found["cases"]} >= {"profile", "customers, first page", "search, a user id", "home"}
    assert all(case["equal_results"] for case in found["cases"])
    assert "slowest" in done.stderr
