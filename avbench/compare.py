"""Is one method better than another? Two evaluations against one reference under one protocol, compared in pairs."""

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avbench.errors import DataError, UsageError
from avbench.results import Results
from avbench.statistics.estimate import Estimate
from avbench.statistics.paired import Difference, paired_difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """An evaluation of one method, as its results folder tells."""

    folder: Path
    told: Mapping[str, Any]  # its part of provenance.json
    lines: tuple[Estimate, ...]  # the method's own, without the ground truth

    @property
    def method(self) -> str:
        return str(self.told["method"])

    @property
    def samples(self) -> int:
        return int(self.told["protocol"]["samples"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two methods, metric by metric."""

    first: Evaluated
    second: Evaluated
    differences: tuple[Difference, ...]

    @property
    def names(self) -> tuple[str, str]:
        """What to call the two: their methods, or their folders where both are called alike."""
        first, second = self.first, self.second
        if first.method != second.method:
            return first.method, second.method
        return (first.folder.name, second.folder.name) if first.folder != second.folder else ("A", "B")

    def as_dict(self) -> dict[str, Any]:
        """JSON values; what is not known is None."""

        def told(one: Evaluated) -> dict[str, str]:
            return {"method": one.method, "folder": str(one.folder)}

        def plain(one: Difference) -> dict[str, Any]:
            values = dataclasses.asdict(one).items()
            return {
                name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in values
            }

        differences = [plain(one) for one in self.differences]
        return {"first": told(self.first), "second": told(self.second), "differences": differences}


def compare(first: Path, second: Path, results: Path = Path("results")) -> Compared:
    """Compares two methods that were evaluated against one reference.

    Where several evaluations of both fit together, those of the largest N are taken.

    Args:
        first: a results folder, or a clip set that was evaluated.
        second: the same of the other method.
        results: where the results of clip sets are looked for.

    Raises:
        UsageError: a path does not exist, was not evaluated, or the two evaluations are not alike.
        DataError: a results folder is damaged.
    """
    choices = [(one, other) for one in _evaluated(first, results) for other in _evaluated(second, results)]
    alike = [(one, other) for one, other in choices if not unlike(one.told, other.told)]
    if not alike:
        one, other = min(choices, key=lambda pair: len(unlike(pair[0].told, pair[1].told)))
        raise UsageError(
            f"{first} and {second} cannot be compared: {'; '.join(unlike(one.told, other.told))}; "
            "evaluate both alike with `avbench eval`"
        )
    one, other = max(alike, key=lambda pair: pair[0].samples)
    return Compared(first=one, second=other, differences=tuple(_differences(one, other)))


def _evaluated(path: Path, results: Path) -> list[Evaluated]:
    """What is known of the evaluations that `path` names."""
    if not path.exists():
        raise UsageError(f"{path} does not exist; name a results folder or a clip set that was evaluated")
    if (path / "provenance.json").is_file():
        found = list(_in_folder(path))
    else:
        folders = (file.parent for file in sorted(results.glob("*/provenance.json")))
        found = [one for folder in folders for one in _in_folder(folder) if _is_of(one, path)]
    if not found:
        raise UsageError(f"{path}: nothing in {results} is an evaluation of it; give `avbench eval --generated {path}`")
    return found


def _in_folder(folder: Path) -> Iterator[Evaluated]:
    file = folder / "provenance.json"
    try:
        evaluations = json.loads(file.read_bytes())["evaluations"]
        results = Results(folder)
        for evaluation, told in evaluations.items():
            lines = tuple(line for line in results.estimates(evaluation) if line.method == told["method"])
            yield Evaluated(folder=folder, told=told, lines=lines)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file}: damaged ({error}); evaluate again") from error


def _is_of(evaluated: Evaluated, path: Path) -> bool:
    return Path(evaluated.told["generated"]["path"]).resolve() == path.resolve()


def unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """In what two evaluations differ that makes their numbers incomparable; of each, its part of provenance.json."""
    found = []
    switches, others = one["protocol"], other["protocol"]
    if switches["hash"] != others["hash"]:
        changed = [name for name in switches if name not in ("hash", "name") and switches[name] != others.get(name)]
        values = ", ".join(f"{name} {switches[name]} and {others.get(name)}" for name in changed)
        found.append(f"protocols {switches['name']} and {others['name']} ({values})")
    if one["reference"]["fingerprint"] != other["reference"]["fingerprint"]:
        found.append(f"references {one['reference']['path']} and {other['reference']['path']} hold other clips")
    for name in ("seed", "runs", "fresh_samples"):
        if one.get(name) != other.get(name):  # which older versions did not all tell
            found.append(f"{name} {one.get(name)} and {other.get(name)}")
    for name in sorted(one["networks"].keys() & other["networks"].keys()):
        weights = [told["networks"][name]["weights_sha256"] for told in (one, other)]
        identities = [told["networks"][name]["identity"] for told in (one, other)]
        if weights[0] != weights[1]:
            found.append(f"weights of {name} {weights[0][:12]} and {weights[1][:12]}")
        elif identities[0] != identities[1]:
            found.append(f"{name} is {identities[0]} and {identities[1]}")
    return found


def _differences(one: Evaluated, other: Evaluated) -> Iterator[Difference]:
    """The differences in all metrics of both, at the largest N of both whose error is known."""
    metrics = [line.metric for line in one.lines]
    shared = [metric for metric in dict.fromkeys(metrics) if any(line.metric == metric for line in other.lines)]
    if not shared:
        raise UsageError(
            f"{one.folder} ({_listed(one)}) and {other.folder} ({_listed(other)}) have no metric in common; evaluate "
            "both alike with `avbench eval`"
        )
    for metric in shared:
        pairs = [
            (first, second)
            for first in one.lines
            for second in other.lines
            if first.metric == second.metric == metric and _clips(first) == _clips(second)
        ]
        if not pairs:
            raise UsageError(
                f"{metric}: {one.folder} has N = {_sizes(one, metric)} and {other.folder} {_sizes(other, metric)} "
                "(reference/generated); distances of unlike N cannot be compared, so evaluate as many clips of both"
            )
        yield paired_difference(*max(pairs, key=lambda pair: (bool(pair[0].left_out), _clips(pair[0]))))


def _clips(line: Estimate) -> tuple[int, int]:
    return line.n_reference, line.n_generated


def _sizes(evaluated: Evaluated, metric: str) -> str:
    return ", ".join(f"{line.n_reference}/{line.n_generated}" for line in evaluated.lines if line.metric == metric)


def _listed(evaluated: Evaluated) -> str:
    return ", ".join(dict.fromkeys(line.metric for line in evaluated.lines)) or "without statistics.json"
