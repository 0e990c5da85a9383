"""Learn an order of hotspots from all answers on record, and use it only where it beats the unlearned one."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts import locked, write_json
from pipeline.config import Config
from pipeline.core.answers import Answer
from pipeline.core.asking import LOGISTIC_FROM, Share, random_answers, share_real, too_few
from pipeline.core.reasons import Text
from pipeline.engine import Progress
from pipeline.io.order import write_order
from pipeline.review.spots import FlightSpots, read_spots, scored
from pipeline.review.traits import flight_traits

REPORT: Final = "ranker.json"
NOTHING: Final = Share(0, 0)
_NO_BETTER: Final = Text("在留出的区块上不优于原排序", "it does not beat the unlearned order on held-out blocks")
_NO_LIBRARY: Final = Text(
    "未安装 scikit-learn：pip install 'wuse[learn]'", "scikit-learn is not installed: pip install 'wuse[learn]'"
)


@dataclass(frozen=True)
class Lesson:
    """What was learned: from how many answers, with which model, whether it is used and why; and the random sample.

    ``model`` is the one that did best, or ``none``; ``learned`` and ``unlearned`` are average precision on held-out
    blocks. ``random`` is the share of real spots among those drawn at random, ``random_kept`` among those of them
    to which held-out models gave at least an even chance: precision without bias, before and after learning.
    """

    answers: int
    confirmed: int
    blocks: int
    model: str
    used: bool
    why_not: Text | None
    learned: float | None = None
    unlearned: float | None = None
    better: float | None = None
    random: Share = NOTHING
    random_kept: Share = NOTHING

    def facts(self) -> dict[str, Any]:
        """The lesson for machines and for the record."""
        told = {k: v for k, v in self.__dict__.items() if not isinstance(v, Share)}
        told["why_not"] = self.why_not.en if self.why_not else ""
        rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in told.items()}
        return rounded | {"random": _share(self.random), "random_kept": _share(self.random_kept)}

    def sentence(self, language: str) -> str:
        """The lesson in one line, ``zh`` or ``en``."""
        zh, en = self._words()
        if self.random.of:
            low, high = (round(100 * v) for v in self.random.interval)
            share = round(100 * self.random.value)
            zh += f"随机抽的 {self.random.of} 处里 {share}% 属实（95% 区间 {low}–{high}%）。"
            en += f" Of {self.random.of} spots drawn at random {share} % are real (95 % interval {low}–{high} %)."
        return zh if language == "zh" else en

    def _words(self) -> tuple[str, str]:
        if self.learned is None or self.unlearned is None:
            zh, en = self.why_not or Text("", "")
            return f"排序学习：暂不学（{zh}）。", f"Learned order: not yet ({en})."
        zh = f"排序学习：{self.answers} 条结论，留出区块上平均精度 {self.learned:.2f}，原排序 {self.unlearned:.2f}，"
        en = f"Learned order: from {self.answers} answers, average precision on held-out blocks {self.learned:.2f}, "
        en += f"unlearned {self.unlearned:.2f}: "
        return (zh + "采用。", en + "used.") if self.used else (zh + "不采用。", en + "not used.")


def _share(share: Share) -> dict[str, Any] | None:
    if not share.of:
        return None
    low, high = share.interval
    return {"real": share.hits, "of": share.of, "low": round(low, 4), "high": round(high, 4)}


@dataclass(frozen=True)
class _Told:
    """One answer that teaches something: confirmed or rejected; what nobody could tell does not."""

    spot: str
    flight: str
    block: str
    real: bool


def learn(config: Config, *, progress: Progress) -> Lesson:
    """Learn from every answer on record; write the report, and each flight's learned order or none.

    Raises
    ------
    ArtifactError : a flight's results are damaged
    WorkdirError : the working folder is in use or cannot be written
    """
    workdir = Path(config.community.workdir)
    with locked(workdir):
        flights = {f.id: read_spots(config, f) for f in scored(config)}
        traits = _Traits(flights, config.engine.workers, progress)
        lesson, fitted = _lesson(flights, traits)
        for flight, spots in flights.items():
            if fitted is None:
                spots.paths.order.unlink(missing_ok=True)
            else:
                write_order(spots.paths.order, spots.scoring, lesson.model, traits.chances(fitted, flight))
        write_json(workdir / REPORT, {"version": 1, **lesson.facts()})
    return lesson


@dataclass(frozen=True)
class _Traits:
    """The traits of each flight's hotspots, read when they are first asked for."""

    flights: Mapping[str, FlightSpots]
    workers: int
    progress: Progress
    known: dict[str, pd.DataFrame] = field(default_factory=dict)

    def of(self, flight: str) -> pd.DataFrame:
        if flight not in self.known:
            self.known[flight] = flight_traits(self.flights[flight], workers=self.workers, progress=self.progress)
        return self.known[flight]

    def rows(self, told: Sequence[_Told]) -> NDArray[np.float64]:
        return np.stack([self.of(t.flight).loc[t.spot].to_numpy(np.float64) for t in told])

    def chances(self, fitted: Any, flight: str) -> dict[str, float]:
        from pipeline.review import ranker

        table = self.of(flight)
        found = ranker.chances(fitted, table.to_numpy(np.float64)) if len(table) else np.array([])
        return dict(zip(map(str, table.index), map(float, found), strict=True))


def _lesson(flights: Mapping[str, FlightSpots], traits: _Traits) -> tuple[Lesson, Any]:
    """The lesson, and the model on all answers where it is used."""
    told = [t for spots in flights.values() for t in _told(spots)]
    drawn = [_drawn(spots) for spots in flights.values()]
    random = Share(sum(s.hits for s, _ in drawn), sum(s.of for s, _ in drawn))
    real = np.array([t.real for t in told], bool)
    counts = len(told), int(real.sum()), len({t.block for t in told})
    if why := _why_not(len(told)):
        return Lesson(*counts, model="none", used=False, why_not=why, random=random), None
    from pipeline.review import ranker

    sample = ranker.Sample(traits.rows(told), real, np.array([t.block for t in told]))
    if sample.too_little:
        return Lesson(*counts, model="none", used=False, why_not=sample.too_little, random=random), None
    found = ranker.trials(sample)
    best = ranker.best_trial(found)
    shown = best or max(found, key=lambda t: t.learned)
    at_random = np.isin([t.spot for t in told], [spot for _, spots in drawn for spot in spots])
    kept = real[at_random & (shown.chance >= 0.5)]
    lesson = Lesson(
        *counts,
        model=shown.model,
        used=best is not None,
        why_not=None if best else _NO_BETTER,
        learned=shown.learned,
        unlearned=shown.unlearned,
        better=shown.better,
        random=random,
        random_kept=Share(int(kept.sum()), len(kept)),
    )
    return lesson, ranker.fit(sample, best.model) if best else None


def _why_not(answers: int) -> Text | None:
    if answers < LOGISTIC_FROM:
        return too_few(answers)
    return _NO_LIBRARY if importlib.util.find_spec("sklearn") is None else None


def _told(spots: FlightSpots) -> list[_Told]:
    block = dict(zip(spots.frame["hotspot_id"], spots.frame["block_id"].astype(str), strict=True))
    return [
        _Told(spot, spots.flight.id, block[spot], answer is Answer.CONFIRMED)
        for spot, answer in spots.answers.items()
        if answer is not Answer.UNCLEAR
    ]


def _drawn(spots: FlightSpots) -> tuple[Share, list[str]]:
    """The random sample as far as it was answered for, and the share of real ones in it."""
    sample = random_answers(list(spots.frame["hotspot_id"]), spots.scoring, spots.answers)
    return share_real(sample, spots.answers), sample
