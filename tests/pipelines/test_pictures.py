import pytest

from pipelines.pictures import stored_size


@pytest.mark.parametrize(
    ("height", "width", "fit", "stored"),
    [
        (720, 1280, "native", (256, 454)),
        (1280, 720, "native", (454, 256)),
        (256, 256, "native", (256, 256)),
        (144, 176, "native", (144, 176)),  # not enlarged
        (127, 171, "native", (126, 170)),  # H.264 needs even sizes
        (720, 1280, "letterbox", (256, 256)),
        (144, 176, "letterbox", (176, 176)),
        (720, 1280, "crop", (256, 256)),
        (144, 176, "crop", (144, 144)),
        (1, 1, "native", (2, 2)),
    ],
)
def test_gives_the_size_of_the_stored_picture(height, width, fit, stored):
    assert stored_size(height, width, fit) == stored
