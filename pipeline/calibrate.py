"""Calibrate: cuts from blocks that people graded, and an honest account of how far they can be trusted.

Each cut is set so that as many labelled blocks pass it as people let pass (prevalence matching). With some forty
labels, choosing the cuts that agree best with them flatters itself by a tenth of kappa and is no better on new blocks.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from pipeline.config import GradeSection
from pipeline.core.case import BlockEvidence, Case
from pipeline.core.cells import plain
from pipeline.core.fitting import Labelled, fit_rubric, suggest
from pipeline.core.statistics import kappa_interval, quadratic_kappa, stable_seed
from pipeline.core.vocabulary import Grade
from pipeline.errors import EvidenceError
from pipeline.io.evidence import BLOCK_COLUMN, FLIGHT_COLUMN, Evidence, csv_cells

CUTS: Final = (
    "clutter_max",
    "clutter_p90_max",
    "facilities_proxy_share",
    "beautified_proxy_green_min",
    "culture_proxy_green_min",
)
FAR_RUNGS: Final = 2
_REPEATS: Final = 1000
_GRADE_COLUMN = ("grade", "colour", "color", "等级", "颜色", "定级")
_GRADES = {
    plain(word): g
    for g in Grade.ladder()
    for word in (g.value, g.facts.zh, g.facts.zh + "色", g.facts.en, str(g.rung + 1))
}


@dataclass(frozen=True)
class Agreement:
    """How well suggestions agree with labels: quadratic weighted kappa, its 95 % interval, share of exact hits."""

    kappa: float
    low: float
    high: float
    exact: float


@dataclass(frozen=True)
class FarError:
    """A block whose suggestion is two or more rungs off its label, with the fitted cuts or with cuts that never saw it.

    ``unseen`` is the suggestion when the block is left out of the fit.
    """

    flight: str
    block_id: str
    label: str
    fitted: str
    unseen: str


@dataclass(frozen=True)
class Calibration:
    """Fitted cuts and how well they do: before, on the labels themselves, and on blocks left out one at a time."""

    settings: GradeSection
    before: Agreement
    fitted: Agreement
    unseen: Agreement
    labels: int
    left_out: tuple[str, ...]
    far: tuple[FarError, ...]

    def toml(self) -> str:
        """The [grade] section to paste into the config."""
        lines = [f"{name} = {getattr(self.settings, name):g}" for name in CUTS]
        return "\n".join(["[grade]", f'rubric = "{self.settings.rubric}"', *lines, ""])

    def as_dict(self) -> dict[str, Any]:
        """Everything, for machines; what is unknown is None."""
        cuts = {name: getattr(self.settings, name) for name in CUTS}
        parts = {name: _json(asdict(getattr(self, name))) for name in ("before", "fitted", "unseen")}
        return {
            "rubric": self.settings.rubric,
            "cuts": cuts,
            **parts,
            "labels": self.labels,
            "left_out": list(self.left_out),
            "far": [asdict(error) for error in self.far],
        }

    def summary(self, language: Literal["zh", "en"] = "en") -> str:
        """A few lines for a person."""
        return "\n".join(_summary(self, language == "zh"))


def calibrate(
    scores: Mapping[str, pd.DataFrame], labels: Path, evidence: Evidence | None, settings: GradeSection
) -> Calibration:
    """Fit the cuts to labelled blocks.

    Parameters
    ----------
    scores : the score stage's table of blocks for each flight, oldest first
    labels : CSV with block_id, grade (red to green, or 红 to 绿) and optionally flight (blank: the newest)
    evidence : what people supplied for the same blocks; None where there is nothing

    Raises
    ------
    EvidenceError : the labels cannot be read, name what there is not, or leave nothing to fit
    """
    items = _labelled(scores, labels, evidence)
    seen = [i for i in items if suggest(i, settings.ladder) is not Grade.UNGRADED]
    if len(seen) < 2:
        raise EvidenceError(
            f"{labels}: {len(seen)} labelled blocks have a grade to compare",
            "at least 2, better 40",
            "label more blocks",
            zh=f"{labels}：可供比较的人工定级区块有 {len(seen)} 个；至少 2 个，最好 40 个；处理：多给一些区块定级",
        )
    fitted = _refit(seen, settings)
    unseen = [suggest(item, _refit([i for i in seen if i is not item], settings).ladder) for item in seen]
    now = [suggest(item, fitted.ladder) for item in seen]
    truth = [item.grade for item in seen]
    far = (
        FarError(item.flight, item.block_id, item.grade.value, got.value, new.value)
        for item, got, new in zip(seen, now, unseen, strict=True)
        if max(abs(got.rung - item.grade.rung), abs(new.rung - item.grade.rung)) >= FAR_RUNGS
    )
    return Calibration(
        settings=fitted,
        before=_agreement(truth, [suggest(item, settings.ladder) for item in seen]),
        fitted=_agreement(truth, now),
        unseen=_agreement(truth, unseen),
        labels=len(seen),
        left_out=tuple(f"{i.flight}/{i.block_id}" for i in items if i not in seen),
        far=tuple(far),
    )


def _refit(items: Sequence[Labelled], settings: GradeSection) -> GradeSection:
    """The settings with fitted cuts; a rubric that changed gets a name of its own, as results are compared by it."""
    rubric = fit_rubric(items, settings.ladder)
    cuts = {name: getattr(rubric, name) for name in CUTS}
    if cuts == {name: getattr(settings, name) for name in CUTS}:
        return settings
    mark = hashlib.blake2b(repr(sorted(cuts.items())).encode(), digest_size=3).hexdigest()
    return settings.model_copy(update={**cuts, "rubric": f"{settings.rubric.partition('+')[0]}+{mark}"})


def _agreement(truth: Sequence[Grade], said: Sequence[Grade]) -> Agreement:
    a, b = [g.rung for g in truth], [g.rung for g in said]
    low, high = kappa_interval(a, b, repeats=_REPEATS, seed=stable_seed("kappa"))
    exact = sum(x == y for x, y in zip(a, b, strict=True)) / len(a)
    return Agreement(quadratic_kappa(a, b), low, high, exact)


def _labelled(scores: Mapping[str, pd.DataFrame], labels: Path, evidence: Evidence | None) -> list[Labelled]:
    rows = {flight: {str(r["block_id"]): r for r in table.to_dict("records")} for flight, table in scores.items()}
    known = {flight: evidence.at(flight) if evidence is not None else {} for flight in scores}
    items: dict[tuple[str, str], Labelled] = {}
    for number, flight, block, grade in _read_labels(labels, tuple(scores)):
        where, where_zh = f"{labels}, row {number}", f"{labels} 第 {number} 行"
        if block not in rows[flight]:
            raise EvidenceError(
                f"{where}: block {block!r} is not in flight {flight}",
                "an id of a block",
                zh=f"{where_zh}：航次 {flight} 里没有区块“{block}”；应为区块编号",
            )
        if (flight, block) in items:
            raise EvidenceError(
                f"{where}: block {block} of flight {flight} is labelled twice",
                "one label each",
                zh=f"{where_zh}：航次 {flight} 的区块 {block} 定级了两次；每个区块只能定级一次",
            )
        case = Case.of(rows[flight][block], {}, known[flight].get(block, BlockEvidence()))
        items[flight, block] = Labelled(flight, block, case, grade)
    return list(items.values())


def _read_labels(path: Path, flights: tuple[str, ...]) -> list[tuple[int, str, str, Grade]]:
    if not path.is_file():
        raise EvidenceError(
            f"{path} does not exist", "a CSV file of labelled blocks", zh=f"{path} 不存在；应为区块人工定级的 CSV 文件"
        )
    lines = [(n, cells) for n, cells in csv_cells(path) if any(cells)]
    header = [plain(cell) for cell in lines[0][1]] if lines else []
    place = {
        name: next((i for i, word in enumerate(header) if word in words), None)
        for name, words in {"block_id": BLOCK_COLUMN, "grade": _GRADE_COLUMN, "flight": FLIGHT_COLUMN}.items()
    }
    for name in ("block_id", "grade"):
        if place[name] is None:
            raise EvidenceError(
                f"{path}: no column {name} (found: {', '.join(header)})",
                "block_id, grade and, for more than one flight, flight",
                zh=f"{path}：没有 {name} 列（现有：{'、'.join(header)}）；应有 block_id、grade，多个航次时还有 flight",
            )
    out = []
    for number, cells in lines[1:]:
        cell = {n: cells[i] if i is not None and i < len(cells) else "" for n, i in place.items()}
        grade, flight = _GRADES.get(plain(cell["grade"])), cell["flight"] or flights[-1]
        if grade is None:
            raise EvidenceError(
                f"{path}, row {number}, column grade: {cell['grade']!r}",
                "red to green, or 红 to 绿",
                zh=f"{path} 第 {number} 行 grade 列：“{cell['grade']}”；应为红到绿，或 red 到 green",
            )
        if flight not in flights:
            raise EvidenceError(
                f"{path}, row {number}, column flight: {flight!r}",
                f"one of {', '.join(flights)}",
                zh=f"{path} 第 {number} 行 flight 列：“{flight}”；应为 {'、'.join(flights)} 之一",
            )
        out.append((number, flight, cell["block_id"], grade))
    return out


def _json(values: Mapping[str, float]) -> dict[str, float | None]:
    return {k: None if math.isnan(v) else round(v, 4) for k, v in values.items()}


def _summary(result: Calibration, zh: bool) -> list[str]:
    names = ("现行阈值", "新阈值", "留一检验") if zh else ("current cuts", "fitted cuts", "leave one block out")
    lines = [f"{result.labels} 个区块有人工定级" if zh else f"{result.labels} labelled blocks"]
    for name, part in zip(names, (result.before, result.fitted, result.unseen), strict=True):
        exact = f"{part.exact:.0%}"
        kappa = f"{part.kappa:.2f} [{part.low:.2f}, {part.high:.2f}]"
        text, english = f"一致 {exact}，二次加权 κ {kappa}", f"{exact} exact, quadratic weighted kappa {kappa}"
        lines.append(f"{name}：{text}" if zh else f"{name}: {english}")
    if result.left_out:
        lines.append(("看不清，未用：" if zh else "not used, as ungraded: ") + ", ".join(result.left_out))
    for error in result.far:
        a, b, c = (_word(g, zh) for g in (error.label, error.fitted, error.unseen))
        text = f"差两级以上：{error.flight} {error.block_id}，人工 {a}，新阈值 {b}，留一 {c}"
        english = f"two rungs or more off: {error.flight} {error.block_id}: label {a}, fitted {b}, left out {c}"
        lines.append(text if zh else english)
    return lines


def _word(grade: str, zh: bool) -> str:
    return Grade(grade).facts.zh if zh else grade
