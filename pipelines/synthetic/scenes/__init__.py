"""The classes of the embedded data set: one file each, and the table that names them."""

from collections.abc import Callable

import numpy as np

from pipelines.synthetic.backgrounds import Background
from pipelines.synthetic.scenes.billiards import Billiards
from pipelines.synthetic.scenes.bouncing_ball import BouncingBall
from pipelines.synthetic.scenes.cradle import Cradle
from pipelines.synthetic.scenes.drops import Drops
from pipelines.synthetic.scenes.marimba import Marimba
from pipelines.synthetic.scenes.rolling_ball import RollingBall
from pipelines.synthetic.scenes.scene import Scene

# Each makes a scene of the given seconds, its variety drawn from the generator, its colours from the background.
SCENES: dict[str, Callable[[np.random.Generator, Background, float], Scene]] = {
    "billiards": Billiards,
    "bouncing_ball": BouncingBall,
    "cradle": Cradle,
    "drops": Drops,
    "marimba": Marimba,
    "rolling_ball": RollingBall,
}
