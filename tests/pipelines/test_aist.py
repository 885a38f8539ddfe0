from fractions import Fraction

import pytest

from avbench.errors import DataError, UsageError
from pipelines.aist import aist, aist_copy, parse_name
from pipelines.web.lists import ListFile

DANCES = (
    "gBR_sBM_{}_d04_mBR0_ch01",
    "gPO_sFM_{}_d10_mPO1_ch02",
    "gWA_sBM_{}_d25_mWA0_ch03",
    "gKR_sBM_{}_d30_mKR2_ch01",
)
NAMES = [dance.format(camera) for dance in DANCES for camera in ("c01", "c02")]


@pytest.fixture
def annotations(tmp_path):
    """Splits of which one sequence is ignored, and one is in no list of videos."""
    (tmp_path / "splits").mkdir()
    sequences = [dance.format("cAll") for dance in DANCES]
    for split, name in zip(("train", "val", "test"), sequences, strict=False):
        (tmp_path / "splits" / f"crossmodal_{split}.txt").write_text(f"{name}\n")
    with (tmp_path / "splits" / "crossmodal_train.txt").open("a") as file:
        file.write(f"{sequences[3]}\ngHO_sBM_cAll_d20_mHO5_ch09\n")
    (tmp_path / "ignore_list.txt").write_text(f"{sequences[3]}\n")
    return tmp_path


def listing(*names, **options):
    return aist(ListFile("video_list.txt", "\n".join(names).encode()), **options)


def test_parses_a_name_by_its_prefixes():
    dance = parse_name("gBR_sBM_c01_d04_mBR0_ch01")
    assert (dance.genre, dance.situation, dance.camera) == ("gBR", "sBM", "c01")
    assert (dance.dancers, dance.music, dance.choreography) == (("d04",), "mBR0", "ch01")


def test_parses_groups_and_showcases():
    assert parse_name("gBR_sGR_c03_d01_d02_d03_mBR3_ch04").dancers == ("d01", "d02", "d03")
    assert parse_name("sSH_c01_v0").genre == "" and parse_name("sSH_c01_v0").camera == "c01"


@pytest.mark.parametrize("name", ["holiday", "gBR_sBM", "gBR_c01_x9"])
def test_rejects_what_is_no_name_of_a_dance(name):
    with pytest.raises(DataError, match=f'"{name}" is no name of a dance'):
        parse_name(name)


def test_takes_one_camera_and_the_splits_of_the_annotations(annotations):
    found = listing(*NAMES, annotations=annotations)
    assert [(item.key, item.split) for item in found.items] == [
        ("gBR_sBM_c01_d04_mBR0_ch01", "train"),
        ("gPO_sFM_c01_d10_mPO1_ch02", "val"),
        ("gWA_sBM_c01_d25_mWA0_ch03", "test"),
    ]
    assert found.items[0].url.endswith("/video/10M/gBR_sBM_c01_d04_mBR0_ch01.mp4")
    assert found.items[0].label == "gBR" and found.items[0].scene == "gBR_sBM_cAll_d04_mBR0_ch01"
    assert found.crop == 1024 and found.terms.must_accept


def test_tells_which_sequence_of_a_split_has_no_video(annotations):
    (row,) = listing(*NAMES, annotations=annotations).rejected
    assert (row.line, row.text) == (3, "gHO_sBM_cAll_d20_mHO5_ch09")
    assert row.message == "crossmodal_train.txt: no video of it is in the list"


def test_reports_bad_lines_and_goes_on(annotations):
    found = listing(*NAMES[:2], "index.html", *NAMES[2:], annotations=annotations)
    assert len(found.items) == 3 and found.rejected[0].line == 3


def test_deals_sequences_when_asked():
    found = listing(*NAMES, split={"train": Fraction(3, 4), "test": Fraction(1, 4)}, seed=1)
    assert sorted(item.split for item in found.items) == ["test", "train", "train", "train"] and found.seed == 1


def test_says_where_the_splits_are():
    with pytest.raises(UsageError, match="aistplusplus_dataset/download.html .* --annotations; or .* --split"):
        listing(*NAMES)


def test_says_which_file_of_the_annotations_is_missing(tmp_path):
    with pytest.raises(UsageError, match="crossmodal_train.txt does not exist"):
        listing(*NAMES, annotations=tmp_path)


def test_says_that_no_video_is_by_the_camera(annotations):
    with pytest.raises(DataError, match="none of its 8 videos is by camera c09"):
        listing(*NAMES, annotations=annotations, camera="c09")
    with pytest.raises(UsageError, match='--camera "front"'):
        listing(*NAMES, annotations=annotations, camera="front")


def test_reads_a_copy_by_the_names_of_its_files(tmp_path, movie):
    movie(tmp_path / "train" / "gBR_sBM_c01_d04_mBR0_ch01_crop.mp4", seconds=0.5)
    movie(tmp_path / "test" / "other.mp4", seconds=0.5)
    listing = aist_copy(tmp_path).listing
    assert [(item.split, item.label) for item in listing.items] == [("test", ""), ("train", "gBR")]
    assert listing.crop == 1024 and listing.terms.must_accept


def test_what_several_cameras_saw_of_a_dance_stays_in_one_split(tmp_path, movie):
    for dance in DANCES[:3]:
        for name in (dance.format("c01"), f"{dance.format('c09')}_02"):
            movie(tmp_path / f"{name}.mp4", seconds=0.2)
    movie(tmp_path / "a dance.mp4", seconds=0.2)
    items = aist_copy(tmp_path, split={"train": Fraction(1, 2), "test": Fraction(1, 2)}).listing.items
    scenes = {item.scene for item in items}
    assert scenes == {"a dance.mp4", *(dance.format("cAll") for dance in DANCES[:3])}
    assert all(len({item.split for item in items if item.scene == scene}) == 1 for scene in scenes)
