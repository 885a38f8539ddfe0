"""The registry of models, for built-in ones and plug-ins."""

from torch import nn

from avbench.registry import Registry

MODELS: Registry[type[nn.Module]] = Registry("model", "models")
