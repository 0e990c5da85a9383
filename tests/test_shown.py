"""Progress as people see it: seldom, in their language, and not at all when they asked for quiet."""

from __future__ import annotations

import io

import pytest

from pipeline.core.reasons import Text
from pipeline.shown import Lines, shown_progress

SCORE = Text("2021-01 评分", "2021-01 score")


@pytest.mark.parametrize(
    ("spoken", "first"), [("zh_CN.UTF-8", "2021-01 评分：10"), ("en_GB.UTF-8", "2021-01 score: 10")]
)
def test_lines_are_seldom_and_in_the_language_of_the_talk(
    spoken: str, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", spoken)
    now = [0.0]
    out = io.StringIO()
    lines = Lines(out, lambda: now[0])
    for done in range(1001):
        now[0] += 0.2
        lines(done, 1000, SCORE)
    written = out.getvalue().splitlines()
    assert 9 <= len(written) <= 10
    assert written[0].startswith(first)


def test_lines_speak_once_a_minute_when_work_is_slow() -> None:
    now = [0.0]
    out = io.StringIO()
    lines = Lines(out, lambda: now[0])
    for done in range(20):
        lines(done, 10_000, SCORE)
        now[0] += 30.0
    assert len(out.getvalue().splitlines()) == 9


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (True, False):
        with shown_progress(quiet) as progress:
            progress(1, 2, SCORE)
    assert capsys.readouterr() == ("", "")
