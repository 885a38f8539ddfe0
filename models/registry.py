"""The registry of models, for built-in ones and plug-ins."""

from avbench.registry import Registry
from models.model import Model

MODELS: Registry[Model] = Registry("model", "models")
