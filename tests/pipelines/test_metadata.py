import pytest

from avbench.errors import DataError, UsageError
from pipelines.metadata import match_meta, read_meta

ROW = {"prompt": "a dog, barking", "seed": 7, "steps": 50, "model": "x"}
FILES = {
    "m.csv": 'file,prompt,seed,steps,model,note\na.mp4,"a dog, barking",7,50,x,\n',
    "m.json": '[{"file": "a.mp4", "prompt": "a dog, barking", "seed": 7, "steps": 50, "model": "x"}]',
    "by_name.json": '{"a.mp4": {"prompt": "a dog, barking", "seed": 7, "steps": 50, "model": "x"}}',
    "m.jsonl": '{"stem": "a.mp4", "prompt": "a dog, barking", "seed": 7, "steps": 50, "model": "x"}\n\n',
}


@pytest.mark.parametrize("name", FILES)
def test_reads_rows_from_all_kinds_of_files(tmp_path, name):
    (tmp_path / name).write_text(FILES[name])
    assert read_meta(tmp_path / name) == {"a.mp4": ROW}


def test_reads_the_csv_that_a_spreadsheet_writes(tmp_path):
    (tmp_path / "m.csv").write_bytes("\ufeffstem,prompt\r\na,Ä\r\n".encode())
    assert read_meta(tmp_path / "m.csv") == {"a": {"prompt": "Ä"}}


def test_matches_by_path_key_name_and_stem():
    sources = {"a-1": "x/a.mp4", "b-2": "x/b.mp4", "c-3": "c.mp4", "d-4": "d.mp4"}
    rows = {"x/a.mp4": {"n": 1}, "b.mp4": {"n": 2}, "c": {"n": 3}, "d-4": {"n": 4}}
    matched, unmatched = match_meta(rows, sources)
    assert {key: row["n"] for key, row in matched.items()} == {"a-1": 1, "b-2": 2, "c-3": 3, "d-4": 4}
    assert unmatched == ()


def test_names_rows_that_fit_no_video_or_several():
    _, unmatched = match_meta({"a": {}, "nobody": {}}, {"a-1": "x/a.mp4", "a-2": "y/a.mp4"})
    assert unmatched == ("a (several files are called so)", "nobody")


def test_names_the_missing_file(tmp_path):
    with pytest.raises(UsageError, match=r"m\.csv does not exist"):
        read_meta(tmp_path / "m.csv")


def test_says_which_columns_could_name_a_video(tmp_path):
    (tmp_path / "m.csv").write_text("prompt\nhello\n")
    with pytest.raises(UsageError, match="a row has prompt, and none of them names its video; .*stem"):
        read_meta(tmp_path / "m.csv")


@pytest.mark.parametrize(
    ("name", "text"),
    [("m.json", "{"), ("m.json", '["a"]'), ("m.jsonl", "{}\n{"), ("m.csv", "file,prompt\na,b,c\n")],
)
def test_names_a_file_that_is_malformed(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"{name}: it is not valid"):
        read_meta(tmp_path / name)


def test_refuses_two_rows_about_one_video(tmp_path):
    (tmp_path / "m.csv").write_text("stem,prompt\na,1\na,2\n")
    with pytest.raises(DataError, match='two rows are about "a"'):
        read_meta(tmp_path / "m.csv")
