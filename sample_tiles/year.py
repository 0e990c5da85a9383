"""Write the sample community's year as a script of commands, and the layer of who answers for which block.

    python sample_tiles/year.py [FOLDER]

The figures are those of the newspaper article (21 campaigns, 840 truckloads, 3,222 person-times, 34 fitness machines,
1 car park, 3 charging points, 1 public toilet, 4 compounds, 12 blocks closed); people and dates are invented.
"""

from __future__ import annotations

import datetime as dt
import json
import shlex
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
from ledgers import BUILT
from plan import BlockPlan, sample_rows

CAMPAIGNS, TRUCKLOADS, PERSON_TIMES = 21, 840, 3222
ITEMS = (("健身器材", "fitness"), ("停车场", "parking"), ("充电设施", "ebike_charging"), ("公共厕所", "toilet"))
COMPOUNDS = ("虹北花苑一期", "虹北花苑二期", "龙池华庭", "福泉小区")
PARTIES = (
    ("shequ", "committee", "虹北社区两委"),
    ("jingheshe", "cooperative", "虹北经合社"),
    ("wuye", "property", "虹北花苑物业(业委会)"),
    ("fuwu", "unit", "社区服务中心"),
    ("xuexiao", "school", "虹北小学"),
    ("qiye", "enterprise", "锦湖机械厂"),
    ("cishan", "charity", "虹北慈善分会"),
    ("zhiyuan", "social", "红色细胞志愿服务队"),
)
PEOPLE = (("潘丽", "shequ"), ("倪伟", "wuye"), ("陈海", ""), ("林敏", ""))
ANSWERS = {
    "estate": "wuye", "village": "jingheshe", "school": "xuexiao", "works": "qiye", "market": "qiye",
    "lot": "jingheshe", "park": "fuwu", "carpark": "fuwu", "court": "fuwu", "river": "fuwu", "plots": "jingheshe",
}  # fmt: skip
INSPECTOR, SECRETARY = "陈海", "潘丽"


def plans() -> list[BlockPlan]:
    """The 43 blocks in order."""
    return [plan for row in sample_rows() for plan in row]


def shared(total: int, count: int) -> list[int]:
    """A total in so many uneven whole parts that add up to it."""
    parts = [total // count + (7 * i) % 11 - 5 for i in range(count)]
    parts[-1] += total - sum(parts)
    return parts


def line(command: str, *rest: object, by: str = "", at: str = "") -> str:
    """One command on the community's config."""
    words = [*command.split(), "CONFIG", *map(str, rest)]
    if by:
        words += ["--as", by]
    if at:
        words += ["--at", at]
    return "wuse " + " ".join(shlex.quote(w) for w in words).replace("CONFIG", '"$CONFIG"')


def first_lines() -> list[str]:
    """Who there is, and what the January flight showed."""
    start = {"by": SECRETARY, "at": "2021-01-15"}
    lines = [line("parties add", id_, "--kind", kind, "--name", name, **start) for id_, kind, name in PARTIES]
    for name, party in PEOPLE:
        lines.append(line("people add", name, *(("--party", party) if party else ("--office", "城管驿站")), **start))
    lines.append(line("parties places", "DUTIES", **start).replace("DUTIES", '"$DUTIES"'))
    lines.append(line("cases from-flight", "--flight", "2021-01", by=INSPECTOR, at="2021-01-16"))
    for i, shop in enumerate(("水果店", "五金店", "早餐店"), start=1):
        lines.append(line("pledges sign", shop, "--place", f"锦湖路{i}号", by=SECRETARY, at="2021-01-18"))
    return lines


def case_lines(closed: list[str], objects: pd.DataFrame) -> list[str]:
    """A severe spot in each block that closes: opened, assigned, noticed, inspected, closed."""
    lines = []
    for number, block in enumerate(closed, start=1):
        own = objects[(objects.flight == "2021-01") & (objects.block_id == block)]
        worst = own.sort_values(["area_m2", "object_id"], ascending=[False, True]).iloc[0]
        case = f"2021-{number:06d}"
        spot = ("--block", block, "--x", worst.x, "--y", worst.y, "--kind", "rubbish", "--severity", "severe")
        lines.append(line("cases open", *spot, by=INSPECTOR, at="2021-01-19T09:00"))
        lines.append(line("cases assign", case, by=INSPECTOR, at="2021-01-19T10:00"))
    numbers = [f"2021-{number:06d}" for number in range(1, len(closed) + 1)]
    words = ("--inspector", INSPECTOR, "--inspector", "林敏", "--todo", "清理并恢复原状")
    lines.append(line("notices make", *numbers, *words, by=INSPECTOR, at="2021-01-19T10:30"))
    lines.append(line("cases serve", *numbers, by=INSPECTOR, at="2021-01-19T11:00"))
    lines.append(
        line("notices answer", numbers[0], "--text", "车辆明日到位，申请宽限", by=INSPECTOR, at="2021-01-20T15:00")
    )
    late, rest = numbers[:2], numbers[2:]
    lines.append(line("cases inspect", *late, "--failed", by=INSPECTOR, at="2021-01-21T09:00"))
    lines.append(line("cases extend", late[0], "--approved-by", "林敏", by=INSPECTOR, at="2021-01-21T10:00"))
    lines.append(line("cases handover", late[1], by=INSPECTOR, at="2021-01-21T10:00"))
    lines.append(line("cases handle", late[1], "--why", "执法中队约谈后清理", by="林敏", at="2021-01-25T09:00"))
    photo = line("cases inspect", "--passed", "--photo", "PHOTO", *late, *rest, by=INSPECTOR, at="2021-01-26T09:00")
    lines.append(photo.replace("PHOTO", '"$PHOTO"'))
    lines.append(line("cases close", *late, *rest, by="林敏", at="2021-01-26T15:00"))
    lines.append(line("notices make", *numbers, by=INSPECTOR, at="2021-01-26T16:00"))
    return lines


def work_lines(closed: list[str], plans_by_id: dict[str, BlockPlan]) -> list[str]:
    """Plans, campaigns and projects from February to September."""
    lines = [
        line(
            "blocks plan",
            *closed,
            "--plan",
            "清运、补绿、完善设施",
            "--due",
            "2021-09-15",
            by=SECRETARY,
            at="2021-01-27",
        )
    ]
    lines.append(line("blocks work", *closed, by=SECRETARY, at="2021-01-28"))
    people, loads = shared(PERSON_TIMES, CAMPAIGNS), shared(TRUCKLOADS, CAMPAIGNS)
    for i in range(CAMPAIGNS):
        day = (dt.date(2021, 1, 30) + dt.timedelta(days=11 * i)).isoformat()
        lines.append(line("campaigns plan", day, by=SECRETARY, at="2021-01-29"))
        counts = ("--people", people[i], "--truckloads", loads[i])
        lines.append(line("campaigns hold", f"C-2021-{i + 1:06d}", *counts, by=SECRETARY, at=f"{day}T17:00"))
    made = [(f"{block} {part}", key, _count(part), block) for block, text in sorted(BUILT.items())
            for part in text.split("；") for word, key in ITEMS if word in part]  # fmt: skip
    made += [(f"{name}环境综合整治", "compound", 1, _first(name, plans_by_id)) for name in COMPOUNDS]
    for number, (title, item, quantity, block) in enumerate(made, start=1):
        lines.append(
            line("lists add-project", title, "--block", block, "--due", "2021-08-31", by=SECRETARY, at="2021-03-01")
        )
        done = ("--result", "完成", "--item", item, "--quantity", quantity)
        lines.append(line("lists finish", f"P-2021-{number:06d}", *done, by=SECRETARY, at="2021-08-30"))
    return lines


def last_lines(closed: list[str]) -> list[str]:
    """What the September flight showed, and the closing of blocks."""
    lines = [line("cases from-flight", "--flight", "2021-09", by=INSPECTOR, at="2021-09-19")]
    lines += [
        line("pledges check", f"Q-2021-{i:06d}", "--kept", by=INSPECTOR, at="2021-09-20T09:00") for i in (1, 2, 3)
    ]
    award = ("--for", "frontage", "--ref", "Q-2021-000001")
    lines.append(line("points award", "水果店", *award, by=INSPECTOR, at="2021-09-20T10:00"))
    flight = ("--flight", "2021-09")
    lines.append(line("blocks check", *closed, "--passed", *flight, by=INSPECTOR, at="2021-09-21"))
    lines.append(line("blocks close", *closed, *flight, by="林敏", at="2021-09-22"))
    return [*lines, line("cases verify"), line("cases figures")]


def _count(part: str) -> int:
    digits = "".join(c for c in part if c.isdigit())
    return int(digits)


def _first(name: str, plans_by_id: dict[str, BlockPlan]) -> str:
    return next(block for block, plan in plans_by_id.items() if plan.name.startswith(name))


def duties(folder: Path) -> str:
    """Who answers for each block, as GeoJSON in degrees."""
    blocks = gpd.read_file(folder / "blocks.gpkg", engine="pyogrio").to_crs("EPSG:4326")
    kinds = {plan.block_id: plan.kind for plan in plans()}
    party = [ANSWERS[kinds[b]] for b in blocks["block_id"]]
    frame = gpd.GeoDataFrame(
        {"party": party, "duty": "area", "label": blocks["name"]},
        geometry=blocks.geometry.set_precision(1e-8),
        crs=4326,
    )
    return json.dumps(json.loads(frame.to_json(drop_id=True)), ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Write ``year.sh`` and ``duties.geojson``."""
    truth = pd.read_csv(folder / "truth.csv")
    closed = truth[truth.change == "closed"].block_id.tolist()
    by_id = {plan.block_id: plan for plan in plans()}
    objects = pd.read_csv(folder / "objects.csv")
    head = [
        "#!/bin/sh",
        "# The sample community's year, command by command, after: wuse run configs/hongbei.toml",
        "# sh sample_tiles/year.sh configs/hongbei.toml PHOTO    (any picture that shows a cleaned spot)",
        "# Notices are Word files: they need the extra office.",
        "set -eu",
        'CONFIG=$1 PHOTO=$2 DUTIES=$(dirname "$0")/duties.geojson',
    ]
    lines = [*first_lines(), *case_lines(closed, objects), *work_lines(closed, by_id), *last_lines(closed)]
    (folder / "year.sh").write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")
    (folder / "duties.geojson").write_text(duties(folder), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
