"""Rankings of subsystems by what jobs and clusters at hand say of them: values, and simpler baselines beside them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from placewise.matching.bits import bitset
from placewise.model import streams
from placewise.worth.blame import blame, lifts
from placewise.worth.game import Game
from placewise.worth.playing import Playing
from placewise.worth.sufficiency import greedy_path

VALUE, GREEDY, TREE, RANDOM = "value", "greedy", "tree importance", "random"
_PAIRS = 8_192
"""(job, cluster) pairs that a tree is fitted to."""


def scores_of(game: Game, value: NDArray[np.float64] | None, seed: int) -> Mapping[str, NDArray[np.float64]]:
    """Return by ranking (names,) scores of the subsystems, the best the largest.

    value : (names,) Shapley values in this game; None where they are not known. Tree importance needs scikit-learn, and
    is left out without it. The random ranking is not among them.
    """
    found = {} if value is None else {VALUE: value}
    found[GREEDY] = -np.argsort(greedy_path(Playing.of(game))[0]).astype(np.float64)
    found |= {name: score(game) for name, score in _BASELINES.items()}
    if has_trees():
        found[TREE] = tree_importance(game, seed)
    return found


def has_trees() -> bool:
    """Whether scikit-learn is installed."""
    return importlib.util.find_spec("sklearn") is not None


def ranks_by(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (names,) the rank of each, 0 for the largest score; of equals the first by position comes first."""
    # Scores that are equal but for rounding count as equal.
    order = np.argsort(-np.round(scores, 12), kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _frequency(game: Game) -> NDArray[np.float64]:
    questions = game.questions
    needed = np.bincount(questions.question[questions.ids], game.weights[questions.job], minlength=len(game.names))
    return needed.astype(np.float64)


def mutual_information(game: Game) -> NDArray[np.float64]:
    """Return (names,) the mutual information, in nats, of success and whether a cluster fails what is asked of each.

    Over all (job, cluster) pairs, equal jobs counted as often as they occur; what is not asked is not failed.
    """
    questions, clusters = game.questions, game.index.clusters
    players, job = questions.question[questions.ids], questions.job
    fails = ~game.index.clusters_of(questions.table)[questions.ids] & bitset.full(clusters)
    weight = game.weights[job].astype(np.float64)
    failing, failing_successes = (
        np.bincount(players, weight * count, minlength=len(game.names)).astype(np.float64)
        for count in (bitset.size_of(fails), game.chances.summed(fails, job))
    )
    total = float(game.jobs * clusters)
    succeeding = float(game.weights @ game.chances.total)
    information = np.zeros(len(game.names))
    for some, successes in (
        (failing, failing_successes),
        (total - failing, succeeding - failing_successes),
    ):
        for both, margin in ((successes, succeeding), (some - successes, total - succeeding)):
            ratio = np.divide(both * total, some * margin, out=np.ones(len(both)), where=(both > 0) & (margin > 0))
            information += both / total * np.log(ratio)
    return information


def tree_importance(game: Game, seed: int) -> NDArray[np.float64]:
    """Return (names,) the impurity importance in a decision tree that says which cluster fails which job.

    It is fitted to 8,192 (job, cluster) pairs drawn by the weight of the job, successes and failures weighing the same
    together; a subsystem says of a pair whether the cluster fails what the job asks of it. Needs scikit-learn.
    """
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415, heavy, and an extra

    generator = streams.generator(seed, streams.HELD_OUT[TREE], 0)
    clusters = game.index.clusters
    job = generator.choice(len(game.weights), size=_PAIRS, p=game.weights / game.jobs)
    cluster = generator.integers(clusters, size=_PAIRS)
    chance = game.chances.on_each(clusters)[job, cluster].astype(np.float64)
    if chance.all() or not chance.any():
        return np.zeros(len(game.names))
    questions = game.questions
    met = bitset.unpack(game.index.clusters_of(questions.table), clusters)
    lengths = questions.per_job[job]
    starts = np.cumsum(lengths) - lengths
    entries = questions.ids[np.repeat(questions.offsets[job] - starts, lengths) + np.arange(lengths.sum())]
    pair = np.repeat(np.arange(_PAIRS), lengths)
    fails = np.zeros((_PAIRS, len(game.names)), dtype=np.float32)
    fails[pair, questions.question[entries]] = ~met[entries, cluster[pair]]
    if game.chances.certain() is not None:
        tree = DecisionTreeClassifier(class_weight="balanced", random_state=0).fit(fails, chance > 0)
    else:
        # A pair of probability p is p of a success and 1 - p of a failure.
        outcomes, parts = np.repeat([True, False], _PAIRS), (chance / chance.sum(), (1 - chance) / (1 - chance).sum())
        tree = DecisionTreeClassifier(random_state=0)
        tree.fit(np.tile(fails, (2, 1)), outcomes, sample_weight=np.concatenate(parts) * _PAIRS)
    found: NDArray[np.float64] = tree.feature_importances_
    return found


_BASELINES: dict[str, Callable[[Game], NDArray[np.float64]]] = {
    "alone": lambda game: lifts(game).single,
    "jobs that need it": _frequency,
    "refusals": lambda game: blame(game).shared,
    "mutual information": mutual_information,
}
