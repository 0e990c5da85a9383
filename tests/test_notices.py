"""Notices: what they hold, what they never say, and batches that were killed or found the disk full."""

from __future__ import annotations

import errno
import io
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registers import NOW, act, add_people, spot, walk
from tiny import tiny_community

from pipeline.casework.cases import act_on_case, open_case, serve_case
from pipeline.casework.evidence import keep
from pipeline.casework.listing import everything, history, one_case
from pipeline.casework.notice_files import Paper
from pipeline.casework.notice_template import FIELDS, default_template
from pipeline.casework.notices import Made, chosen, make_notices, told
from pipeline.casework.register import Register
from pipeline.casework.schema import Stream
from pipeline.casework.verify import verify
from pipeline.config import load_config
from pipeline.core.ledger import CaseAct
from pipeline.core.notice import FOOT, TITLE, Part
from pipeline.core.vocabulary import Stage
from pipeline.core.wording import FORBIDDEN, forbidden_word
from pipeline.errors import Refused, RegisterError, WorkdirError
from pipeline.run import run_community

docx = pytest.importorskip("docx", reason="the extra office is not installed")
ME = ("督查员", "2021-01-15T02:00:00Z")
WORDS = {"inspectors": ["督查员", "书记"], "clause": "门前三包责任书第三条", "approved_by": "书记"}
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny community whose imagery was taken in; gives its config."""
    config = tiny_community(tmp_path_factory.mktemp("flown"))
    run_community(load_config(config), ["2021-01"], last=Stage.SCORE)
    return config


@pytest.fixture
def place(flown: Path, tmp_path: Path) -> Iterator[tuple[Register, Path]]:
    """A register of its own beside the imagery, and the config."""
    folder = tmp_path / "own"
    shutil.copytree(flown.parent, folder)
    with Register.open(folder / "runs" / "register.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        yield register, folder / "tiny.toml"
        with register.reading() as connection:
            assert verify(connection).problems == ()


def case_in(register: Register, config: Path, **about: object) -> str:
    """An assigned case in the middle of the first block."""
    from pipeline.io.tables import read_blocks

    blocks = read_blocks(str(config.parent / "blocks.gpkg"), None, "block_id").frame
    middle = blocks.geometry.iloc[0].centroid
    where = {"block_id": blocks["block_id"].iloc[0], "x": middle.x, "y": middle.y, "lon": 120.6, "lat": 27.8}
    return walk(register, CaseAct.ASSIGN, **{**where, **about})


def made(register: Register, config: Path, *numbers: str, **words: object) -> Made:
    paper = Paper.of(register, load_config(config))
    return make_notices(register, numbers, paper, {**WORDS, **words}, acting=ME, again=True)


def text_of(path: Path) -> str:
    body = docx.Document(str(path)).element.body
    return "\n".join(
        "".join(t.text or "" for t in p.iter(docx.oxml.ns.qn("w:t"))) for p in body.iter(docx.oxml.ns.qn("w:p"))
    )


def pictures_of(path: Path) -> list[tuple[int, int]]:
    import cv2
    import numpy as np

    with zipfile.ZipFile(path) as packed:
        files = [packed.read(n) for n in packed.namelist() if n.startswith("word/media/")]
    return [cv2.imdecode(np.frombuffer(f, np.uint8), cv2.IMREAD_COLOR).shape[:2] for f in files]


def test_a_notice_holds_all_that_it_must(place: tuple[Register, Path]) -> None:
    register, config = place
    number = case_in(register, config, place="锦湖路12号", problem="砖堆约六平方米")
    [path] = made(register, config, number).files
    text = text_of(path)
    for words in (
        *(part.zh for part in Part if part is not Part.PICTURES),
        *(
            "督整〔2021〕000001号",
            "物业(业委会)",
            "片区责任",
            "锦湖路12号",
            "120.600000°E 27.800000°N",
            "2021年1月15日",
        ),
        *(
            "督查员、书记",
            "砖堆约六平方米",
            "门前三包责任书第三条",
            "清理暴露垃圾",
            "自送达起1个工作日内",
            TITLE[0],
            FOOT[0],
        ),
    ):
        assert words in text, words
    assert not forbidden_word(text)
    assert "{{" not in text
    assert pictures_of(path) == [(720, 720), (720, 720)], "map and crop, sharp at 52 mm"


def test_what_happened_since_stands_in_it_when_it_is_written_again(place: tuple[Register, Path]) -> None:
    register, config = place
    number = case_in(register, config)
    made(register, config, number, term="3 working days")
    steps = (
        (CaseAct.ANSWER, "2021-01-16T02:00:00Z", "", {"answer": "明日清运"}),
        (CaseAct.INSPECT, "2021-01-22T02:00:00Z", "仍有残留", {"result": "failed", "inspector": "书记"}),
    )
    with register.writing() as book:
        refusal = replace(
            act(CaseAct.SERVE, at="2021-01-15T03:00:00Z", way="留置", to="倪伟", signed=False), why="门卫不在"
        )
        serve_case(book, number, refusal, {})
        for what, at, why, data in steps:
            act_on_case(book, number, replace(act(what, at=at, **data), why=why))
    [path] = made(register, config, number).files
    text = text_of(path)
    assert "无现场照片" in text
    for words in (
        "留置；2021年1月15日 11:00；倪伟；拒收：门卫不在",
        "明日清运",
        "不合格；2021年1月22日 10:00；督查员、书记；仍有残留",
    ):
        assert words in text, words
    assert "2021年1月20日 17:30前" in text, "the term of the notice, not that of the kind"


def test_a_returned_case_gets_a_new_notice_without_the_old_ones_words(place: tuple[Register, Path]) -> None:
    register, config = place
    number = case_in(register, config)
    first = made(register, config, number, todo="搬走旧沙发")
    with register.writing() as book:
        act_on_case(book, number, act(CaseAct.RETURN, at="2021-01-16T01:00:00Z"))
        act_on_case(book, number, act(CaseAct.ASSIGN, at="2021-01-16T01:00:00Z", party="xuexiao"))
    paper = Paper.of(register, load_config(config))
    second = make_notices(register, [number], paper, WORDS, acting=("督查员", "2021-01-17T01:00:00Z"))
    assert first.files != second.files
    assert "旧沙发" in text_of(first.files[0])
    assert "旧沙发" not in text_of(second.files[0])


def test_the_same_case_gives_the_same_bytes(place: tuple[Register, Path]) -> None:
    register, config = place
    number = case_in(register, config)
    first = made(register, config, number).files[0].read_bytes()
    assert made(register, config, number).files[0].read_bytes() == first
    assert default_template() == default_template()


def test_typed_text_is_text(place: tuple[Register, Path]) -> None:
    register, config = place
    nasty = "<w:t>&{{ 7*7 }}{% if x %}\x00\x0b" + chr(0xFFFE) + "\n第二行"
    number = case_in(register, config, problem=nasty)
    [path] = made(register, config, number).files
    assert "<w:t>&{{ 7*7 }}{% if x %}" in text_of(path)
    assert "49" not in text_of(path).replace("2021", "")


@pytest.mark.parametrize("field", ["problem", "clause", "todo", "consequence"])
@pytest.mark.parametrize("word", ["责令", "处 罚", "責令"])
def test_no_typed_word_orders_or_punishes(place: tuple[Register, Path], field: str, word: str) -> None:
    register, config = place
    number = case_in(register, config)
    with pytest.raises(Refused) as refusal:
        made(register, config, number, **{field: f"请{word}清理"})
    for part, line in ((Part.of(field).zh, refusal.value.zh), (Part.of(field).en, str(refusal.value))):
        assert part in line
        assert word.replace(" ", "") in line
    assert "\n" not in str(refusal.value)
    with register.reading() as connection:
        assert one_case(connection, number).notice == "", "no number was drawn"


def test_what_was_put_on_record_earlier_is_looked_at_as_well(place: tuple[Register, Path]) -> None:
    register, config = place
    number = case_in(register, config, problem="按规定处罚")
    with pytest.raises(Refused, match=Part.PROBLEM.en):
        made(register, config, number)
    made(register, config, number, problem="砖堆")
    with register.writing() as book:
        serve_case(book, number, act(CaseAct.SERVE, at="2021-01-15T03:00:00Z"), {})
        found = act(CaseAct.INSPECT, at="2021-01-19T03:00:00Z", result="failed")
        act_on_case(book, number, replace(found, why="建议处罚"))
    with pytest.raises(Refused, match=Part.RESULT.en):
        made(register, config, number)


@given(
    st.sampled_from(FORBIDDEN),
    st.text(alphabet="清理 \n\t\u200b\u3000", max_size=4),
    st.text(alphabet=" \n\u200b\u3000", max_size=4),
)
def test_no_blank_hides_a_word(word: str, before: str, within: str) -> None:
    assert forbidden_word(before + word[0] + within + word[1]) == word
    assert forbidden_word(before + word[0] + "，" + word[1]) == ""


def own_template(config: Path, text: str) -> None:
    document = docx.Document()
    document.add_paragraph(text)
    document.save(str(config.parent / "own.docx"))
    more = '[register.notices]\ntemplate = "own.docx"\n'
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")


def test_an_office_uses_its_own_template(place: tuple[Register, Path]) -> None:
    register, config = place
    own_template(config, "关于{{ place }}的函：{{ todo }}")
    [path] = made(register, config, case_in(register, config)).files
    assert text_of(path).startswith("关于B1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% for x in", "cannot be filled in"),
        ("责令{{ party }}整改", "责令"),
    ],
)
def test_a_template_that_cannot_be_used_is_told_in_one_line(place: tuple[Register, Path], text: str, says: str) -> None:
    register, config = place
    own_template(config, text)
    with pytest.raises((RegisterError, Refused)) as error:
        made(register, config, case_in(register, config))
    assert says in str(error.value)
    assert "own.docx" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_templates_header_is_looked_at_as_well(place: tuple[Register, Path]) -> None:
    register, config = place
    own_template(config, "{{ todo }}")
    document = docx.Document(str(config.parent / "own.docx"))
    document.sections[0].footer.paragraphs[0].text = "逾期处罚"
    document.save(str(config.parent / "own.docx"))
    with pytest.raises(Refused, match="处罚"):
        made(register, config, case_in(register, config))


def test_a_file_that_is_no_template_is_told_in_one_line(place: tuple[Register, Path]) -> None:
    register, config = place
    own_template(config, "x")
    (config.parent / "own.docx").write_bytes(b"no zip")
    with pytest.raises(RegisterError, match="is no Word template"):
        made(register, config, case_in(register, config))
    (config.parent / "own.docx").unlink()
    with pytest.raises(RegisterError, match="does not exist") as told:
        made(register, config, case_in(register, config))
    assert "own.docx 不存在；应为 Word 模板" in told.value.zh


def test_the_default_template_names_every_field() -> None:
    for language in ("zh", "en"):
        with zipfile.ZipFile(io.BytesIO(default_template(language))) as packed:
            found = re.findall(r"\{\{ (\w+) }}", packed.read("word/document.xml").decode())
        assert sorted(found) == sorted(FIELDS)


def test_without_the_library_one_line_says_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docxtpl", None)
    with pytest.raises(RegisterError, match=re.escape("pip install 'wuse[office]'")) as error:
        default_template()
    assert "\n" not in str(error.value)


class Stub(Paper):
    """Paper on which writing costs nothing, for batches."""

    def filled(self, case: object, told: object) -> bytes:
        return b"x"


KILLED = """
import os, signal, sys
sys.path.insert(0, {here!r})
from pathlib import Path
from registers import NOW
from test_notices import ME, WORDS, Stub
from pipeline.casework import batch, notices
from pipeline.casework.register import Register
from pipeline.config import load_config
batch.CHUNK = 100
left = int(sys.argv[2])
def watch(event, facts):
    global left
    if event == "os.rename" and str(facts[1]).endswith(".docx"):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
with Register.open(Path(sys.argv[1]).parent / "runs" / "register.sqlite", clock=lambda: NOW) as register:
    paper = Stub(load_config(Path(sys.argv[1])), {{}})
    numbers = notices.chosen(register, (), party="wuye")
    if len(sys.argv) > 3:
        issue = notices.issue_notice
        def counted(book, number, entry):
            if number == sys.argv[3]:
                book.flush()
                os.kill(os.getpid(), signal.SIGKILL)
            return issue(book, number, entry)
        notices.issue_notice = counted
    sys.addaudithook(watch)
    notices.make_notices(register, numbers, paper, WORDS, acting=ME)
"""


def test_a_batch_of_a_thousand_that_was_killed_goes_on_without_double_numbers(tmp_path: Path) -> None:
    """Killed in the middle of a chunk of numbers, then among the files, then left alone."""
    config = tiny_community(tmp_path)
    with Register.open(tmp_path / "runs" / "register.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        with register.writing() as book:
            for i in range(1000):
                number = open_case(book, act(CaseAct.OPEN, **spot(x=float(i)))).number
                act_on_case(book, number, act(CaseAct.ASSIGN, party="wuye"))

    def ended(*more: str) -> int:
        command = [sys.executable, "-c", KILLED.format(here=str(HERE)), str(config), *more]
        return subprocess.run(command, cwd=HERE.parent, check=False, timeout=300).returncode

    def numbers() -> list[str]:
        with Register.open(tmp_path / "runs" / "register.sqlite", clock=lambda: NOW) as found, found.reading() as seen:
            assert verify(seen).problems == ()
            return [c.notice for c in everything(seen) if c.notice]

    files = tmp_path / "runs" / "notices"
    assert ended("0", "2021-000333") == -signal.SIGKILL
    assert len(numbers()) == 300, "a chunk is whole or not there"
    assert not files.exists()
    first = numbers()
    assert ended("417") == -signal.SIGKILL
    assert len(numbers()) == 1000
    assert len(list(files.glob("2*.docx"))) == 416
    assert ended("0") == 0
    assert numbers()[:300] == first
    assert sorted(numbers()) == [f"2021-{i:06d}" for i in range(1, 1001)]
    assert sorted(p.stem for p in files.glob("2*.docx")) == sorted(numbers())


def test_a_full_disk_is_one_line_and_the_batch_goes_on_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_community(tmp_path)
    with Register.open(tmp_path / "runs" / "register.sqlite", clock=lambda: NOW) as register:
        add_people(register)
        for i in range(8):
            walk(register, CaseAct.ASSIGN, x=i * 9.0)
        paper, room = Stub(load_config(config), {}), [3]
        write = Path.write_bytes

        def small(self: Path, content: bytes) -> int:
            room[0] -= 1
            if room[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(self, content)

        monkeypatch.setattr(Path, "write_bytes", small)
        numbers = chosen(register, (), party="wuye")
        with pytest.raises(WorkdirError, match="the disk is full") as error:
            make_notices(register, numbers, paper, WORDS, acting=ME)
        assert "\n" not in str(error.value)
        room[0] = 100
        after = make_notices(register, numbers, paper, WORDS, acting=ME)
        assert (after.issued, after.written, len(after.files)) == (0, 5, 8)
        assert not list((tmp_path / "runs" / "notices").glob(".*")), "nothing half-written"


def test_a_batch_is_about_what_awaits_a_notice(place: tuple[Register, Path]) -> None:
    register, _ = place
    waits, has = walk(register, CaseAct.ASSIGN), walk(register, CaseAct.SERVE, x=50.0)
    walk(register, CaseAct.OPEN, x=90.0)
    other = walk(register, CaseAct.ASSIGN, x=130.0, block_id="B2")
    assert chosen(register, (), party="wuye") == [waits, has, other]
    assert chosen(register, (), block="B1") == [waits, has]
    assert chosen(register, [other, other]) == [other]
    with pytest.raises(RegisterError, match="no case is named"):
        chosen(register, ())
    with pytest.raises(RegisterError, match="there is no case"):
        chosen(register, ["2021-999999"])


def test_a_photo_is_shown_small(place: tuple[Register, Path], sample: Path) -> None:
    register, config = place
    digest = keep(config.parent / "runs", sample / "map.webp")
    number = case_in(register, config, before=digest)
    [path] = made(register, config, number).files
    assert max(max(size) for size in pictures_of(path) if size != (720, 720)) == 320
    with register.reading() as connection:
        assert history(connection, Stream.CASE, number)[0].data["before"] == digest
        assert set(told(connection, number)) == {"open", "assign", "issue"}


def test_a_default_notice_is_one_sharp_page_in_libreoffice(place: tuple[Register, Path], tmp_path: Path) -> None:
    office, tools = shutil.which("soffice"), [shutil.which(n) for n in ("pdfinfo", "pdftotext", "pdfimages")]
    if office is None or None in tools:
        pytest.skip("LibreOffice or poppler is not installed: the notice was not seen as a page")
    register, config = place
    long = "绿地边堆放装修垃圾、旧家具和纸箱，约六平方米，影响通行。" * 4
    number = case_in(register, config, place="锦湖路12号门前", problem=long)
    [path] = made(register, config, number).files
    home = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = (office, home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path))
    subprocess.run(words, check=True, capture_output=True, timeout=240)
    pdf = tmp_path / f"{path.stem}.pdf"

    def said(*words: str) -> str:
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    assert re.search(r"Pages:\s+1\n", said("pdfinfo", str(pdf)))
    text = "".join(said("pdftotext", "-raw", str(pdf), "-").split())
    for words in (
        TITLE[0],
        "被通知单位（个人）",
        "自送达起1个工作日内",
        "绿地边堆放装修垃圾",
        "（盖章）",
        Part.RESULT.zh,
    ):
        assert words in text, words
    assert not forbidden_word(text)
    dpi = [int(line.split()[12]) for line in said("pdfimages", "-list", str(pdf)).splitlines()[2:]]
    assert len(dpi) == 2
    assert min(dpi) >= 150
