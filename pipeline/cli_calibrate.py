"""``wuse calibrate``: cuts from blocks that people graded, as a section to paste, and how far they can be trusted."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.options import ConfigFile, Json, load_config, make_talk
from pipeline.talk import put_json, told

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.config import Config


@told
def calibrate_command(
    config: ConfigFile,
    labels: Annotated[
        Path, typer.Argument(metavar="LABELS", help="CSV with block_id, grade (red to green, 红 to 绿), maybe flight.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the section there as well; a new file.")
    ] = None,
    json: Json = False,
) -> None:
    """Fit the cuts of the ladder to blocks that people graded, and say how well they do on blocks left out."""
    from pipeline.artifacts import write_text
    from pipeline.calibrate import calibrate
    from pipeline.errors import ConfigError
    from pipeline.stages import Community

    talk = make_talk(machine=json)
    loaded = load_config(config)
    if out is not None and out.exists():
        raise ConfigError(
            f"{out} exists already", "a new file", "--out FILE", zh=f"{out} 已存在；应为新文件；处理：--out FILE"
        )
    fitted = calibrate(_measured(loaded), labels, Community(loaded).evidence, loaded.grade)
    told_about = [f"# {line}" for line in fitted.summary(talk.language.value).splitlines()]
    section = "\n".join([*told_about, fitted.toml()])
    if out is not None:
        write_text(out, section)
    if json:
        put_json(fitted.as_dict())
        return
    typer.echo(section, nl=False)
    if fitted.settings == loaded.grade:
        talk.say(talk.words("现行阈值已与人工定级相符，无需改动。", "The current cuts match the labels as they are."))
    else:
        then = f"wuse run {quote(str(config))}"
        talk.say(
            talk.words(
                f"不同版本的定级不作比较。将这些值写入 {config} 的 [grade]，然后：{then}",
                "Grades of different versions are not compared. "
                f"Put these values into [grade] of {config}, then: {then}",
            )
        )


def _measured(config: Config) -> dict[str, pd.DataFrame]:
    """The figures of each graded flight, oldest first, as people's answers about spots left them."""
    import pandas as pd

    from pipeline.artifacts import flight_paths
    from pipeline.errors import ArtifactError

    found = {f.id: flight_paths(Path(config.community.workdir), f.id).grade_parquet for f in config.by_date}
    graded = {flight: path for flight, path in found.items() if path.exists()}
    if not graded:
        zh = "还没有航次完成定级；应有各区块的指标；处理：wuse run CONFIG"
        raise ArtifactError("no flight has been graded yet", "the figures of its blocks", "wuse run CONFIG", zh=zh)
    try:
        return {flight: pd.read_parquet(path) for flight, path in graded.items()}
    except (OSError, ValueError) as e:
        zh = f"定级结果表无法读取（{e}）；应为定级阶段写出的表；处理：wuse run CONFIG"
        raise ArtifactError(
            f"a grade table cannot be read ({e})", "what grade wrote", "wuse run CONFIG", zh=zh
        ) from None
