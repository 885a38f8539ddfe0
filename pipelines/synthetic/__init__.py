"""The embedded data set: procedurally made audio-video clips with known truth, as many as one likes.

Bodies move by closed formulas, so that every impact is known to machine precision: it sounds from its instant on, even
between two samples, pitched by the size of what rings, panned by its place in the picture, as loud as it is fast. The
pictures light up where it happens. `render(index, seed)` makes one clip; it needs no files, weights or network.
"""

from pipelines.synthetic.backgrounds import BACKGROUNDS
from pipelines.synthetic.clip import CLASSES, SyntheticClip, render

__all__ = ["BACKGROUNDS", "CLASSES", "SyntheticClip", "render"]
