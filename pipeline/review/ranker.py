"""Learn from answers which hotspots are real, and find out whether that helps on blocks that were not learned from.

Both kinds of answer weigh the same in all, or a block rich in real spots would push its own chances down when it is
held out (what is left has fewer), and no comparison over blocks would be fair.

Few answers learn little: the model leans on the unlearned strength, and the other traits only bend it as far as the
answers bear. ``STRENGTH_WEIGHT`` and ``PENALTY`` were picked on the marks of three places together; with weaker
shrinkage two of the three got worse than the unlearned order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from pipeline.core.asking import LOGISTIC_FROM, too_few
from pipeline.core.reasons import Text
from pipeline.core.traits import STRENGTH, TRAITS

F64 = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOREST_FROM: Final = 150
LEAST_OF_A_KIND: Final = 5
LEAST_BLOCKS: Final = 4
STRENGTH_WEIGHT: Final = 2.0
PENALTY: Final = 0.003
TREES: Final = 200
_CLIP: Final = 3.0
_REPEATS: Final = {"logistic": 10, "forest": 3}
_WITHIN: Final = 5


@dataclass(frozen=True)
class Sample:
    """Answers to learn from: traits (n, 21) in the order of ``TRAITS``, what people said, and the blocks (n,)."""

    traits: F64
    real: Flags
    block: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.real)

    @property
    def strength(self) -> F64:
        """The unlearned order: the stronger, the earlier."""
        return self.traits[:, TRAITS.index(STRENGTH)]

    @property
    def too_little(self) -> Text | None:
        """Why there is not enough to learn from; None where there is.

        >>> Sample(np.zeros((2, 21)), np.array([True, False]), np.array(["a", "b"])).too_little.en
        '2 of 30 answers'
        """
        if len(self) < LOGISTIC_FROM:
            return too_few(len(self))
        fewest = int(min(self.real.sum(), (~self.real).sum()))
        if fewest < LEAST_OF_A_KIND:
            return Text(
                f"较少的一种结论只有 {fewest} 条，需 {LEAST_OF_A_KIND} 条",
                f"{fewest} of {LEAST_OF_A_KIND} of the rarer answer",
            )
        blocks = len(np.unique(self.block))
        if blocks < LEAST_BLOCKS:
            return Text(f"只涉及 {blocks} 个区块，需 {LEAST_BLOCKS} 个", f"{blocks} of {LEAST_BLOCKS} blocks")
        return None


@dataclass(frozen=True)
class Trial:
    """How a model does on blocks that it did not learn from, against the unlearned order.

    ``learned`` and ``unlearned`` are average precision, the mean over repeated cross-validation grouped by block;
    ``better`` is the share of repeats in which learning helped, ``share`` that of real spots among the answers;
    ``chance`` (n,) the held-out chances of one repeat.
    """

    model: str
    learned: float
    unlearned: float
    better: float
    share: float
    chance: F64

    @property
    def helps(self) -> bool:
        """Whether learning beats the unlearned order: on average, and in at least two thirds of the repeats."""
        return self.learned > max(self.unlearned, self.share) and self.better >= 2 / 3


def trials(sample: Sample) -> list[Trial]:
    """Each model that there are answers enough for, tried on held-out blocks; the logistic one first."""
    if sample.too_little:
        return []
    models = ["logistic"] + (["forest"] if len(sample) >= FOREST_FROM else [])
    return [_try(sample, model) for model in models]


def best_trial(found: list[Trial]) -> Trial | None:
    """The trial that helps most; None where none does."""
    helpful = [trial for trial in found if trial.helps]
    return max(helpful, key=lambda t: t.learned) if helpful else None


def fit(sample: Sample, model: str) -> Any:
    """The model on all answers, its chances calibrated (Platt 1999) on answers of held-out blocks.

    Raises
    ------
    ValueError : every fold needs answers of both kinds
    """
    folds = list(_folds(sample, seed=0))
    calibrated = CalibratedClassifierCV(_model(model), method="sigmoid", cv=folds, ensemble=False)
    return calibrated.fit(sample.traits, sample.real)


def chances(fitted: Any, traits: F64) -> F64:
    """The chance (n,) that each hotspot is real, 0 to 1, to four decimals; ``traits`` (n, 21)."""
    return np.asarray(np.round(fitted.predict_proba(traits)[:, 1], 4), np.float64)


def _try(sample: Sample, model: str) -> Trial:
    unlearned = float(average_precision_score(sample.real, sample.strength))
    held_out = [_held_out(sample, model, seed) for seed in range(_REPEATS[model])]
    learned = [float(average_precision_score(sample.real, chance)) for chance in held_out]
    better = float(np.mean([score > unlearned for score in learned]))
    return Trial(model, float(np.mean(learned)), unlearned, better, float(sample.real.mean()), held_out[0])


def _held_out(sample: Sample, model: str, seed: int) -> F64:
    """Each answer's chance by a model that saw no answer of its block."""
    out = np.zeros(len(sample))
    for seen, kept in _folds(sample, seed=seed):
        out[kept] = _model(model).fit(sample.traits[seen], sample.real[seen]).predict_proba(sample.traits[kept])[:, 1]
    return out


def _folds(sample: Sample, *, seed: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Blocks dealt into five parts: what is learned from, and what is kept out, for each."""
    parts = min(_WITHIN, len(np.unique(sample.block)))
    yield from GroupKFold(parts, shuffle=True, random_state=seed).split(sample.traits, groups=sample.block)


def _model(name: str) -> Any:
    if name == "forest":
        return RandomForestClassifier(
            TREES, min_samples_leaf=5, class_weight="balanced", max_features="sqrt", random_state=0, n_jobs=1
        )
    weights = np.array([STRENGTH_WEIGHT if trait == STRENGTH else 1.0 for trait in TRAITS])
    lean = FunctionTransformer(_lean, kw_args={"weights": weights})
    return make_pipeline(StandardScaler(), lean, LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=2000))


def _lean(values: F64, weights: F64) -> F64:
    """Outliers cut off at three standard deviations; what is scaled up is penalised less."""
    return np.asarray(np.clip(values, -_CLIP, _CLIP) * weights, np.float64)
