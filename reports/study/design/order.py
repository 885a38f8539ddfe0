"""In which order a page shows its clips: each method equally often at each position."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from reports.study.design.clips import StudyClip


def order_groups(groups: Sequence[Sequence[StudyClip]], rng: np.random.Generator) -> list[list[StudyClip]]:
    """The groups in their order, each with its clips in an order that balances positions.

    Over all groups a method stands at each position equally often; where its clips are no multiple of the groups' size,
    counts differ by two at most.

    The balance is exact by construction. Draw an edge from each group to each of its clips' methods, a method being
    split into nodes of as many edges as a group has clips: every node then has one degree, so that by Kőnig's theorem
    the edges fall apart into perfect matchings, and each matching is a position.

    Args:
        groups: all of one size.
    """
    size, count = len(groups[0]), len(groups)
    # (method, group, place in the group), sorted by method: every `size` of them are a node.
    slots = sorted(
        (clip.method, group, place) for group, clips in enumerate(groups) for place, clip in enumerate(clips)
    )
    edges: dict[tuple[int, int], list[int]] = {}  # (group, node) -> places
    for number, (_, group, place) in enumerate(slots):
        edges.setdefault((group, number // size), []).append(place)
    for places in edges.values():
        rng.shuffle(places)
    ordered: list[list[StudyClip]] = [[] for _ in groups]
    for _ in range(size):
        for group, node in enumerate(_perfect_matching(edges, count, rng)):
            place = edges[group, node].pop()
            if not edges[group, node]:
                del edges[group, node]
            ordered[group].append(groups[group][place])
    # The matchings come out in no order of their own, but early ones had more choice: shuffle the positions.
    positions = rng.permutation(size)
    return [[clips[position] for position in positions] for clips in ordered]


def _perfect_matching(
    edges: dict[tuple[int, int], list[int]], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each group the node that it is matched with."""
    groups, nodes = rng.permutation(count), rng.permutation(count)  # the algorithm itself knows no chance
    rows, columns = np.array(sorted(edges)).T
    graph = csr_array((np.ones(len(rows), np.int8), (groups[rows], nodes[columns])), shape=(count, count))
    matched = maximum_bipartite_matching(graph, perm_type="column")
    assert (matched >= 0).all()  # a regular bipartite graph has a perfect matching
    return np.asarray(np.argsort(nodes)[matched[groups]])
