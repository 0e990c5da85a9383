"""The configuration is closed, says which key is wrong, and its written defaults are its real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import Config, load_config
from pipeline.errors import ConfigError

CONFIGS = Path(__file__).parents[1] / "configs"
LEAST = """\
format = 1
[community]
name = "a"
blocks = "b.gpkg"
workdir = "w"
[[flights]]
id = "f"
acquired = 2021-01-14T10:30:00
orthophoto = "o.tif"
"""


def load(folder: Path, text: str) -> Config:
    (folder / "c.toml").write_text(text, encoding="utf-8")
    return load_config(folder / "c.toml")


def test_default_toml_holds_the_defaults_of_every_key(tmp_path: Path) -> None:
    written, least = load_config(CONFIGS / "default.toml"), load(tmp_path, LEAST)
    sections = set(Config.model_fields) - {"community", "flights", "format"}
    for section in sections:
        assert getattr(written, section) == getattr(least, section), section
        assert getattr(written, section).model_fields_set == set(type(getattr(least, section)).model_fields), section


def test_default_toml_names_every_key_of_community_and_flights() -> None:
    text = (CONFIGS / "default.toml").read_text(encoding="utf-8")
    config = load_config(CONFIGS / "default.toml")
    for section in (config.community, config.flights[0]):
        for key in type(section).model_fields:
            assert f"\n{key} = " in text or f"\n# {key} = " in text, key


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda p: p.name)
def test_shipped_configs_load(path: Path) -> None:
    assert load_config(path).by_date


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = load(tmp_path, LEAST)
    assert config.community.blocks == str(tmp_path / "b.gpkg")
    assert config.flights[0].sources == (str(tmp_path / "o.tif"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LEAST + "[score]\nchip = 3\n", "unknown key 'score.chip' (did you mean chips?)"),
        (LEAST + "[grade]\ncluter_max = 3\n", "unknown key 'grade.cluter_max' (did you mean clutter_max?)"),
        (LEAST + "[register.notices]\nisuer = 'a'\n", "unknown key 'register.notices.isuer' (did you mean issuer?)"),
        (LEAST + "[regster]\n", "unknown key 'regster' (did you mean register?)"),
        (LEAST.replace("blocks =", "blocs ="), "unknown key 'community.blocs' (did you mean blocks?) (and 1 more)"),
        (LEAST + "[register.terms]\nrubish = '1 day'\n", "register.terms.rubish: must be 'rubbish', "),
        (LEAST.replace("format = 1\n", ""), "has no format; expected format = 1"),
        (LEAST + "colour = 3\n", "unknown key 'flights[1].colour (counted from 1)';"),
        (LEAST + "acquird = 3\n", "unknown key 'flights[1].acquird (counted from 1)' (did you mean acquired?)"),
        (LEAST.replace("2021-01-14T10:30:00", "'soon'"), "flights[1].acquired (counted from 1): "),
        (LEAST.replace('workdir = "w"\n', ""), "key 'community.workdir' is missing"),
        (LEAST + "[grade]\nclutter_max = 120\n", "grade.clutter_max"),
        (LEAST + "[ingest]\nscale_low_percentile = 99.95\n", "scale_low_percentile must be below"),
        (LEAST + LEAST[LEAST.index("[[") :], "flights share an id: f"),
        (LEAST.replace("o.tif", "s3://bucket/o.tif"), "http"),
        (LEAST.replace("o.tif", "/vsicurl/http://x/o.tif"), "http"),
        (LEAST.replace('id = "f"', 'id = "../f"'), "names a folder"),
        (LEAST.replace("format = 1", "format = 2"), "format = 2"),
        (LEAST + "[broken", "is not TOML"),
    ],
)
def test_a_bad_config_is_told_by_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=r"c\.toml") as told:
        load(tmp_path, text)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            "[score]\nchip = 3\n",
            "没有这个键：score.chip（是否应为 chips？）",
            "unknown key 'score.chip' (did you mean chips?)",
        ),
        ("[score]\nchips = -1\n", "score.chips：应不小于 0，现为 -1", "score.chips: must be at least 0, found -1"),
        ("[score]\nchips = 1.5\n", "score.chips：应为整数，现为 1.5", "score.chips: must be a whole number, found 1.5"),
        (
            "[render]\nlanguage = 'de'\n",
            "render.language：应为 'zh' 或 'en'，现为 'de'",
            "render.language: must be 'zh' or 'en', found 'de'",
        ),
        (
            "[register]\nhours = ['8-9']\ndays_on = ['x']\n",
            "register.hours：应为时段，如 '08:30-12:00'，现为 ['8-9']（另有 1 处）",
            "register.hours: must be spans like '08:30-12:00', found ['8-9'] (and 1 more)",
        ),
        ("[register]\npoints = 3\n", "应为一节（表），现为 3", "register.points: must be a section (a table), found 3"),
    ],
)
def test_what_a_value_must_be_is_told_in_both_languages(tmp_path: Path, text: str, zh: str, en: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(tmp_path, LEAST + text)
    assert en in str(told.value)
    assert zh in told.value.zh


@pytest.mark.parametrize(
    ("slip", "zh"),
    [
        ('blocks = "D:\\gis\\blocks.gpkg"', "第 4 行第 15 列写法有误；处理：路径用 / 分隔，或放在单引号里"),
        ("blocks = “b.gpkg”", "第 4 行第 10 列写法有误；处理：引号、等号、逗号、冒号用英文半角"),
        ("blocks = ", "第 4 行第 10 列写法有误；处理：参见 configs/default.toml"),
    ],
)
def test_slips_of_typing_are_told_by_line_with_what_mends_them(tmp_path: Path, slip: str, zh: str) -> None:
    with pytest.raises(ConfigError) as told:
        load(tmp_path, LEAST.replace('blocks = "b.gpkg"', slip))
    assert told.value.zh.endswith(zh)
    assert "is not TOML" in str(told.value)


@pytest.mark.parametrize("value", ["'x'", "''", "-1", "1.5", "99999999", "nan", "true", "[[]]", "{ x = 1 }"])
def test_no_word_of_the_library_behind_the_models_reaches_a_person(tmp_path: Path, value: str) -> None:
    told = 0
    for section in ("ingest", "tile", "score", "grade", "compare", "render", "engine", "register"):
        field = next(f for name, f in Config.model_fields.items() if section in (name, f.alias))
        for key in type(field.default).model_fields:  # type: ignore[union-attr]
            try:
                load(tmp_path, f"{LEAST}[{section}]\n{key} = {value}\n")
            except ConfigError as e:
                told += 1
                assert "Input" not in str(e)
                assert any("\u4e00" <= c <= "\u9fff" for c in e.zh.partition("：")[2].partition("；所有的键")[0])
    assert told > 8


def test_a_config_saved_by_notepad_is_read(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(LEAST, encoding="utf-8-sig")
    assert load_config(tmp_path / "c.toml").community.name == "a"


@pytest.mark.parametrize(
    "content", [LEAST.replace('"a"', '"社区"').encode("gbk"), LEAST.encode("utf-16"), b"\x89PNG\r"]
)
def test_a_config_that_is_not_utf_8_is_told_in_plain_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.toml").write_bytes(content)
    with pytest.raises(ConfigError) as told:
        load_config(tmp_path / "c.toml")
    mend = "is not UTF-8 text; expected a TOML file in UTF-8; to mend: save it as UTF-8"
    assert str(told.value) == f"{tmp_path / 'c.toml'} {mend}"


def test_a_folder_given_as_config_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="is a folder; expected a TOML file that you may read; to mend: name the file"
    ):
        load_config(tmp_path)


def test_a_missing_config_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "none.toml")
