"""All of DIGAN that is trained."""

from torch import nn

from models.digan.config import DiganConfig
from models.digan.discriminator import Discriminators
from models.digan.generator import Generator


class DiganNetwork(nn.Module):
    """The generator, with which samples are made, and the discriminators, which only training needs.

    Args:
        size: of the frames, in pixels.

    Raises:
        UsageError: frames of this size cannot be made.
    """

    def __init__(self, config: DiganConfig, size: int) -> None:
        super().__init__()
        self.generator = Generator(config, size)
        self.discriminators = Discriminators(config, size)
