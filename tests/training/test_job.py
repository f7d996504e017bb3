"""Work in slices: nothing between them, stopped for good, and what there is of it kept."""

import math
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from initviz import Network
from initviz.training import History, Training, train
from initviz.training.job import Job
from initviz.training.live import MOST_FRAMES, Live
from initviz.training.rates import Rates, rates, shortened, told

SMALL = [Network(depth=3, width=16), Network(depth=3, width=16, initializer="glorot_uniform")]


def ended(job):
    while job.going:
        job.advance(0.01)
    return job


def test_a_run_in_slices_is_the_run_in_one() -> None:
    training = Training(steps=130)
    live = ended(Live(SMALL, training))
    whole = History.of(SMALL, training, train(SMALL, training))
    np.testing.assert_array_equal(live.history.loss, whole.loss)
    np.testing.assert_array_equal(live.history.test_accuracy, whole.test_accuracy)
    assert (live.made, live.stopped, live.seconds_left) == (130, False, 0)


def test_layers_are_kept_of_evenly_spaced_steps_from_first_to_last() -> None:
    live = ended(Live(SMALL, Training(steps=130)))
    steps, variance = live.layers("grad_preact_var")
    assert len(steps) == MOST_FRAMES
    assert (steps[0], steps[-1]) == (1, 130)
    assert set(np.diff(steps)) == {2, 3}
    assert variance.shape == (MOST_FRAMES, 2, 3)
    every = [s.layers for s in train(SMALL, Training(steps=130), statistics=True)]
    np.testing.assert_array_equal(variance[7], every[steps[7] - 1].grad_preact_var)


def test_the_table_of_layers_has_a_row_for_everything_kept() -> None:
    live = Live(SMALL, Training(steps=130))
    assert live.layer_table().empty
    table = ended(live).layer_table()
    assert len(table) == 2 * MOST_FRAMES * 3
    steps, ratio = live.layers("update_ratio")
    row = table[(table["network"] == 2) & (table["step"] == steps[9]) & (table["layer"] == 3)]
    assert row["initializer"].item() == "glorot_uniform"
    assert row["update_ratio"].item() == ratio[9, 1, 2]


def test_a_stopped_run_keeps_what_there_is_and_does_no_more() -> None:
    live = Live(SMALL, Training(steps=200))
    assert live.history.loss.shape == (0, 2)
    assert live.seconds_left > 0
    live.advance(0)
    live.advance(0)
    live.stop()
    live.advance(1)
    assert (live.made, live.stopped) == (2, True)
    assert live.history.loss.shape == (2, 2)
    assert np.isnan(live.history.test_accuracy).all()


def test_two_runs_taken_in_turns_do_not_mix() -> None:
    first, second = (Live(SMALL, Training(steps=20, seed=seed)) for seed in (0, 1))
    while first.going or second.going:
        first.advance(0)
        second.advance(0)
    for seed, live in enumerate((first, second)):
        alone = ended(Live(SMALL, Training(steps=20, seed=seed)))
        np.testing.assert_array_equal(live.history.loss, alone.history.loss)


def slow() -> Iterator[None]:
    while True:
        time.sleep(0.01)
        yield


def test_time_left_follows_the_pace_and_not_the_pauses() -> None:
    job = Job(slow(), 100, estimate=7.0)
    assert job.seconds_left == 7.0
    job.advance(0.1)
    assert 0 < job.made < 20
    assert job.seconds_left == pytest.approx(0.01 * (100 - job.made), rel=1)


def test_who_asks_while_another_is_at_work_does_not_wait() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def patient() -> Iterator[None]:
        begun.set()
        go_on.wait(10)
        yield

    job = Job(patient(), 1, estimate=1)
    worker = threading.Thread(target=job.advance, args=(0,))
    worker.start()
    assert begun.wait(10)
    asker = threading.Thread(target=job.advance, args=(0,))
    asker.start()
    asker.join(5)
    assert not asker.is_alive()
    assert job.made == 0
    go_on.set()
    worker.join()
    assert (job.made, job.going) == (1, False)


def test_what_breaks_off_a_step_stops_the_run() -> None:
    def broken() -> Iterator[None]:
        yield
        raise RuntimeError("no more memory\nat all")

    job = Job(broken(), 10, estimate=1)
    with pytest.raises(RuntimeError, match="no more memory"):
        job.advance(1)
    assert (job.made, job.stopped, job.failure) == (1, True, "no more memory")


def test_rates_are_about_three_apart_around_the_one_chosen() -> None:
    assert rates(0.01) == (0.00032, 0.001, 0.0032, 0.01, 0.032, 0.1, 0.32)
    assert rates(10) == (0.32, 1.0, 3.2, 10)
    assert rates(0.0123)[3] == 0.0123


def test_a_sweep_is_a_run_at_every_rate() -> None:
    training = Training(steps=25)
    sweep = ended(Rates(SMALL, training))
    assert sweep.rates_made == len(sweep.rates) == 7
    for rate, losses in zip(sweep.rates, sweep.losses, strict=True):
        alone = training.replace(learning_rate=rate)
        expected = History.of(SMALL, alone, train(SMALL, alone)).final_loss
        np.testing.assert_array_equal(losses, expected)
    best = sweep.rates[int(sweep.losses[:, 0].argmin())]
    assert f"He normal (Kaiming) learns best at a rate of {best:g}" in told(sweep)[0]


def test_who_learns_at_no_rate_is_told_from_who_diverges_at_all() -> None:
    networks = [
        Network(depth=6, width=16, initializer="zeros"),
        Network(depth=6, width=16, initializer="normal", scale=1e8),
    ]
    sweep = ended(Rates(networks, Training(steps=20)))
    assert "Within these steps no step size helps." in told(sweep)[0]
    assert told(sweep)[1] == "Normal, fixed std, scale 1e+08 diverges at every rate tried."
    assert math.isnan(sweep.losses[0, 1])


def advanced(sweep: Rates, rates_made: int) -> Rates:
    while sweep.rates_made < rates_made:
        sweep.advance(0)
    return sweep


def test_nobody_is_judged_before_every_rate_was_tried() -> None:
    networks = [
        Network(depth=5, width=64),
        Network(depth=6, width=16, initializer="zeros"),
        Network(depth=6, width=16, initializer="normal", scale=1e8),
    ]
    first = advanced(Rates(networks[:1], Training(steps=60)), 1)
    assert "learns best so far at a rate of 3.2 × 10⁻⁴" in told(first)[0]
    assert "learns best so far at a rate of" in told(advanced(first, 3))[0]
    assert "learns best at a rate of" in told(ended(first))[0]
    sweep = advanced(Rates([n.replace(depth=6, width=16) for n in networks], Training(steps=20)), 2)
    sweep.stop()
    assert "learns at none of the rates tried so far" in told(sweep)[1]
    assert "blame" not in told(sweep)[1]
    assert told(sweep)[2].endswith("diverges at every rate tried so far.")


@pytest.mark.parametrize(("steps", "words"), [(1, "in 1 step:"), (10, "after 10 steps.")])
def test_in_a_few_steps_nobody_is_acquitted(steps: int, words: str) -> None:
    sweep = ended(Rates([Network(depth=3, width=16)], Training(steps=steps)))
    assert words in told(sweep)[0]
    assert "blame" not in told(sweep)[0]


def test_it_says_where_the_best_rate_is_the_last_one_tried() -> None:
    sweep = ended(Rates([Network(depth=3, width=16)], Training(steps=40, learning_rate=1e-4)))
    assert int(np.nanargmin(sweep.losses)) == len(sweep.rates) - 1
    assert told(sweep)[0].endswith("It is the largest one tried: the best may lie beyond.")
    assert "learns at none" in told(sweep)[0]


def test_a_sweep_gets_fewer_steps_and_is_refused_where_none_fit() -> None:
    assert shortened(SMALL, Training(steps=300)).steps == 100
    assert shortened(SMALL, Training(steps=30)).steps == 30
    large = [Network(depth=20, width=512)] * 2
    assert 20 <= shortened(large, Training(steps=100)).steps < 100
    with pytest.raises(
        ValueError, match=r"would take about .* for 7 learning rates; the most is 60 seconds"
    ):
        shortened([Network(depth=50, width=512)] * 2, Training(steps=20))
