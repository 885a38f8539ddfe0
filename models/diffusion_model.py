"""What all models that denoise clips share: one loss, and sampling by every solver, with or without a condition."""

from abc import abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from avbench.clipset import ClipSet
from avbench.errors import UsageError
from models.clip_examples import ClipExamples
from models.config import RunConfig
from models.diffusion.conditioning import guided, replacing
from models.diffusion.objective import noise_losses
from models.diffusion.schedule import linear_schedule
from models.diffusion.solvers import solve
from models.diffusion.state import Denoiser, State
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Tensors

TIMESTEPS = 1000
