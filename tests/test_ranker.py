"""The ranker learns where there is something to learn, says so where there is not, and never peeks."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the extra 'learn' is not installed")

from pipeline.core.traits import STRENGTH, TRAITS
from pipeline.review.ranker import Sample, best_trial, chances, fit, trials


def sample(n: int, *, signal: float, seed: int = 0, strength: float = 0.5, blocks: int = 12) -> Sample:
    """Answers that follow the strength a little and, with ``signal``, how green the surroundings are."""
    rng = np.random.default_rng(seed)
    traits = rng.normal(0, 1, (n, len(TRAITS)))
    pull = strength * traits[:, TRAITS.index(STRENGTH)] + signal * traits[:, TRAITS.index("green")]
    real = rng.random(n) < 1 / (1 + np.exp(-pull))
    return Sample(traits, real, np.array([f"B{i}" for i in rng.integers(0, blocks, n)]))


@pytest.mark.parametrize(("n", "gain", "of_six"), [(60, 0.05, 4), (120, 0.15, 6)])
def test_it_is_used_where_another_trait_tells_more(n: int, gain: float, of_six: int) -> None:
    """Six inspectors answer for as many places: with few answers most are helped, with more all are, and by more."""
    best = [best_trial(trials(sample(n, signal=2.5, seed=s))) for s in range(6)]
    helped = [t for t in best if t is not None]
    assert len(helped) >= of_six
    assert sum(t.learned - t.unlearned for t in helped) / 6 > gain


def test_the_forest_joins_with_150_answers() -> None:
    assert [t.model for t in trials(sample(149, signal=2.5))] == ["logistic"]
    found = trials(sample(150, signal=2.5))
    assert [t.model for t in found] == ["logistic", "forest"]
    best = best_trial(found)
    assert best is not None and best.learned == max(t.learned for t in found) > best.unlearned + 0.1


def test_it_is_seldom_used_where_only_strength_tells() -> None:
    used = [best_trial(trials(sample(80, signal=0, strength=1.5, seed=s))) is not None for s in range(6)]
    assert sum(used) <= 2


def test_what_it_learns_holds_for_blocks_it_never_saw() -> None:
    learned = sample(120, signal=2.5)
    fresh = sample(400, signal=2.5, seed=9)
    chance = chances(fit(learned, "logistic"), fresh.traits)
    first, unlearned = np.argsort(-chance)[:80], np.argsort(-fresh.strength)[:80]
    assert fresh.real[first].mean() > fresh.real[unlearned].mean() + 0.15


@pytest.mark.parametrize("model", ["logistic", "forest"])
def test_chances_are_calibrated(model: str) -> None:
    fresh = sample(3000, signal=2.0, seed=5)
    chance = chances(fit(sample(300, signal=2.0), model), fresh.traits)
    for low, high in ((0.0, 0.35), (0.35, 0.65), (0.65, 1.0)):
        inside = (chance >= low) & (chance <= high)
        assert inside.sum() > 100
        assert abs(chance[inside].mean() - fresh.real[inside].mean()) < 0.12


def test_no_answer_of_a_block_helps_to_judge_that_block() -> None:
    """A trait that only names the block is worth nothing on other blocks, and must not look useful."""
    rng = np.random.default_rng(3)
    block = np.repeat(np.arange(10), 16)
    real = rng.random(160) < np.where(block % 2 == 0, 0.9, 0.1)
    traits = rng.normal(0, 1, (160, len(TRAITS)))
    for column in range(5, len(TRAITS)):
        traits[:, column] = rng.normal(0, 1, 10)[block]
    told = Sample(traits, real, block.astype(str))
    assert all(t.learned < 0.72 for t in trials(told))


@pytest.mark.parametrize(
    ("n", "blocks", "all_real", "why"),
    [
        (29, 12, False, "29 of 30 answers"),
        (60, 3, False, "3 of 4 blocks"),
        (60, 12, True, "0 of 5 of the rarer answer"),
    ],
)
def test_too_little_is_said_to_be_too_little(n: int, blocks: int, all_real: bool, why: str) -> None:
    told = sample(n, signal=1, blocks=blocks)
    told = Sample(told.traits, np.ones(n, bool), told.block) if all_real else told
    assert told.too_little is not None and told.too_little.en == why and trials(told) == []


def test_the_same_answers_teach_the_same() -> None:
    told = sample(160, signal=1.0)
    for model in ("logistic", "forest"):
        one, two = (chances(fit(told, model), told.traits) for _ in range(2))
        assert np.array_equal(one, two)
    few = sample(60, signal=1.0)
    assert [(t.learned, t.better) for t in trials(few)] == [(t.learned, t.better) for t in trials(few)]
