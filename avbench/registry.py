"""Registries: a dict filled by a decorator, so that adding a thing takes one file."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from avbench.errors import UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """Things of one kind by name. The first look-up imports the modules of `package`, which register themselves.

    Args:
        kind: what the things are called in messages, for example "metric".
        package: import name of the package whose modules hold the built-in things.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._things: dict[str, T] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """A decorator that files its argument under `name`.

        Raises:
            UsageError: the name is taken by another thing.
        """

        def add(thing: T) -> T:
            if name in self._things:
                raise UsageError(f'{self.kind} "{name}" is registered twice; give one of them another name')
            self._things[name] = thing
            return thing

        return add

    def __getitem__(self, name: str) -> T:
        self._load()
        if name not in self._things:
            raise UsageError(f'no {self.kind} is called "{name}"; known: {", ".join(sorted(self._things))}')
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._things))

    def __contains__(self, name: str) -> bool:
        self._load()
        return name in self._things

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
