"""The 43 blocks of the sample: what each is, and how it goes from January to September."""

from __future__ import annotations

from dataclasses import dataclass

RUNGS = ("red", "orange", "yellow", "blue", "green")
CLEAN_LITTER_PCT = 1.0  # true litter cover of open ground above which a block is not clean
BEAUTIFUL_GREEN_PCT = 12.0  # true lawn and shrub cover from which a block can count as beautified
BEAUTIFUL_BARE_PCT = 25.0  # true bare soil above which it cannot


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """One block: kind of place, names, intended grades, litter (% of open ground) and how leafy, per flight."""

    block_id: str
    kind: str
    name: str
    name_en: str
    grades: tuple[str, str]
    litter_pct: tuple[float, float]
    leafy: tuple[float, float]
    weight: float = 1.0


LETTER = {"R": "red", "O": "orange", "Y": "yellow", "B": "blue", "G": "green"}

_ROWS = """
estate|虹北花苑一期东区|Hongbei Garden I East|GG|.05|.03|.92|.97
estate|虹北花苑一期西区|Hongbei Garden I West|YB|.22|.10|.14|.92
village|虹北巷一弄|Hongbei Lane 1|OY|.60|.20|.1|.15
village|虹北巷二弄|Hongbei Lane 2|RR|4.6|2.7|.15|.15
school|虹北小学|Hongbei Primary School|GG|.02|.00|.95|.98
estate|虹北幼儿园|Hongbei Kindergarten|BB|.08|.05|.85|.9
works|锦湖机械厂|Jinhu Machine Works|OO|.50|.45|.2|.25
lot|北门空地|North Gate Lot|RO|6.6|.65|.3|.3
/
estate|虹北花苑二期西区|Hongbei Garden II West|BG|.12|.04|.88|.95
estate|虹北花苑二期东区|Hongbei Garden II East|RB|2.3|.12|.2|.92
village|隆山东路里弄|Longshan East Lanes|YY|.30|.25|.1|.12
market|虹北农贸市场|Hongbei Market|RY|3.4|.30|.1|.1
market|锦湖路商铺|Jinhu Road Shops|YR|.35|4.0|.1|.1
park|虹北公园|Hongbei Park|GG|.06|.02|.9|.95
estate|龙池华庭北区|Longchi Court North|BB|.10|.08|.82|.88
estate|龙池华庭南区|Longchi Court South|GG|.03|.02|.9|.95
/
village|西河头|West River Head|OO|.45|.40|.15|.2
village|中河头|Middle River Head|RY|2.5|.28|.1|.15
carpark|虹北公共停车场|Hongbei Public Car Park|OY|.50|.15|.25|.1
market|虹桥北路商铺|Hongqiao North Shops|YY|.20|.20|.1|.1
village|东河头|East River Head|OR|.42|5.6|.15|.15
court|社区服务中心|Community Service Centre|YB|.10|.06|.2|.92
works|物流仓库|Logistics Yard|RR|5.3|3.5|.2|.2
/
river|滨河绿带一段|Riverside Belt 1|RO|2.1|.40|.6|.75
river|滨河绿带二段|Riverside Belt 2|BB|.15|.10|.85|.9
river|滨河绿带三段|Riverside Belt 3|GG|.05|.02|.92|.95
river|滨河绿带四段|Riverside Belt 4|OB|.35|.10|.5|.92
river|滨河绿带五段|Riverside Belt 5|OO|.55|.45|.45|.5
/
estate|福泉小区西区|Fuquan Estate West|OY|.38|.18|.25|.28
estate|福泉小区东区|Fuquan Estate East|BG|.10|.03|.85|.95
village|南弄一巷|South Lane 1|RR|3.8|1.9|.1|.1
village|南弄二巷|South Lane 2|YY|.28|.22|.12|.15
village|南弄三巷|South Lane 3|OO|.62|.55|.15|.15
plots|南片菜地|South Vegetable Plots|RO|3.0|.55|.5|.6
village|南弄四巷|South Lane 4|OY|.55|.26|.1|.12
works|锦湖五金厂|Jinhu Hardware Works|YY|.15|.15|.2|.2
/
village|后垟一巷|Houyang Lane 1|RY|2.4|.20|.1|.15
lot|后垟晒场|Houyang Drying Yard|OO|.58|.50|.4|.4
court|后垟文化礼堂|Houyang Village Hall|YB|.25|.08|.18|.9
estate|教师新村|Teachers' New Village|BB|.12|.10|.88|.92
village|后垟二巷|Houyang Lane 2|YY|.18|.15|.12|.15
village|后垟三巷|Houyang Lane 3|OO|.48|.50|.15|.2
lot|后垟拆迁地|Houyang Demolition Site|RR|7.6|4.8|.3|.3
"""


def sample_rows() -> list[list[BlockPlan]]:
    """Blocks from north to south in rows, each row from west to east."""
    rows: list[list[BlockPlan]] = [[]]
    number = 0
    for line in _ROWS.strip().splitlines():
        if line == "/":
            rows.append([])
            continue
        kind, name, name_en, path, first, second, leaf1, leaf2 = line.split("|")
        number += 1
        wide = {"school": 1.15, "lot": 0.95, "village": 1.0}.get(kind, 1.0)
        rows[-1].append(
            BlockPlan(
                f"B{number:02d}",
                kind,
                name,
                name_en,
                (LETTER[path[0]], LETTER[path[1]]),
                (float(first), float(second)),
                (float(leaf1), float(leaf2)),
                wide,
            )
        )
    return rows


def change(before: str, after: str) -> str:
    """What became of a block: closed (销号: red to at least orange, orange to at least yellow), better, same, worse."""
    first, second = RUNGS.index(before), RUNGS.index(after)
    if second < first:
        return "worse"
    if second == first:
        return "same"
    return "closed" if first < 2 else "better"
