"""Pictures through JPEG and back: what lossy storage does to them."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def through_jpeg(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """The picture as it comes out of a JPEG file (4:2:0, as libjpeg writes by default).

    Args:
        picture: (H, W, 3), taken for RGB.
        quality: 1 to 95, as libjpeg counts.
    """
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    with Image.open(file) as compressed:
        return np.array(compressed)
