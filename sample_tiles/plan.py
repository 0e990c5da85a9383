"""The 43 blocks of the sample: what each is, and how it goes from January to September."""

from __future__ import annotations

from dataclasses import dataclass

RUNGS = ("red", "orange", "yellow", "blue", "green")
CLEAN_LITTER_PCT = 2.0  # true litter cover of open ground above which a block is not clean
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
estate|虹北花苑一期东区|Hongbei Garden I East|GG|0.08|0.04|.92|.97
estate|虹北花苑一期西区|Hongbei Garden I West|YB|0.60|0.15|.14|.92
village|虹北巷一弄|Hongbei Lane 1|OY|1.30|0.74|.1|.15
village|虹北巷二弄|Hongbei Lane 2|RR|6.20|3.90|.15|.15
school|虹北小学|Hongbei Primary School|GG|0.02|0.00|.95|.98
estate|虹北幼儿园|Hongbei Kindergarten|BB|0.22|0.12|.85|.9
works|锦湖机械厂|Jinhu Machine Works|OO|0.60|0.75|.2|.25
lot|北门空地|North Gate Lot|RO|8.20|1.41|.3|.3
/
estate|虹北花苑二期西区|Hongbei Garden II West|BG|0.40|0.07|.88|.95
estate|虹北花苑二期东区|Hongbei Garden II East|RB|4.30|0.25|.2|.92
village|隆山东路里弄|Longshan East Lanes|YY|0.74|0.65|.1|.12
market|虹北农贸市场|Hongbei Market|RY|5.40|0.88|.1|.1
market|锦湖路商铺|Jinhu Road Shops|YR|0.88|7.20|.1|.1
park|虹北公园|Hongbei Park|GG|0.10|0.05|.9|.95
estate|龙池华庭北区|Longchi Court North|BB|0.18|0.14|.82|.88
estate|龙池华庭南区|Longchi Court South|GG|0.05|0.03|.9|.95
/
village|西河头|West River Head|OO|1.22|1.09|.15|.2
village|中河头|Middle River Head|RY|4.40|0.81|.1|.15
carpark|虹北公共停车场|Hongbei Public Car Park|OY|0.75|0.20|.25|.1
market|虹桥北路商铺|Hongqiao North Shops|YY|0.57|0.54|.1|.1
village|东河头|East River Head|OR|1.15|8.20|.15|.15
court|社区服务中心|Community Service Centre|YB|0.43|0.18|.2|.92
works|物流仓库|Logistics Yard|RR|7.20|4.80|.2|.2
/
river|滨河绿带一段|Riverside Belt 1|RO|7.60|0.50|.6|.75
river|滨河绿带二段|Riverside Belt 2|BB|0.20|0.12|.85|.9
river|滨河绿带三段|Riverside Belt 3|GG|0.07|0.05|.92|.95
river|滨河绿带四段|Riverside Belt 4|OB|0.70|0.22|.5|.92
river|滨河绿带五段|Riverside Belt 5|OO|1.05|1.10|.45|.5
/
estate|福泉小区西区|Fuquan Estate West|OY|1.02|0.61|.25|.28
estate|福泉小区东区|Fuquan Estate East|BG|0.28|0.10|.85|.95
village|南弄一巷|South Lane 1|RR|5.60|3.60|.1|.1
village|南弄二巷|South Lane 2|YY|0.84|0.68|.12|.15
village|南弄三巷|South Lane 3|OO|1.20|1.00|.15|.15
plots|南片菜地|South Vegetable Plots|RO|5.20|1.47|.5|.6
village|南弄四巷|South Lane 4|OY|1.47|0.84|.1|.12
works|锦湖五金厂|Jinhu Hardware Works|YY|0.60|0.60|.2|.2
/
village|后垟一巷|Houyang Lane 1|RY|5.20|0.70|.1|.15
lot|后垟晒场|Houyang Drying Yard|OO|1.54|1.34|.4|.4
court|后垟文化礼堂|Houyang Village Hall|YB|0.68|0.22|.18|.9
estate|教师新村|Teachers' New Village|BB|0.40|0.40|.88|.92
village|后垟二巷|Houyang Lane 2|YY|0.61|0.51|.12|.15
village|后垟三巷|Houyang Lane 3|OO|1.34|1.41|.15|.2
lot|后垟拆迁地|Houyang Demolition Site|RR|9.40|6.30|.3|.3
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
