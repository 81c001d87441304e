"""Choices judged on what they were not made on."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_games import fleets, game, workloads

from placewise.errors import InputError
from placewise.formats.profiles.profile_file import shipped_profile
from placewise.model.results.held_out import IN_SAMPLE
from placewise.model.studies.settings import Settings
from placewise.outcomes.chances import ChanceSets
from placewise.study.held_out import Halves, held_out_of
from placewise.study.sources import draw, read_study
from placewise.study.values import study_game
from placewise.worth.held_out import choice_on, judged, sizes_up_to
from placewise.worth.playing import Playing
from placewise.worth.rankings import mutual_information, ranks_by
from placewise.worth.shapley import exact_limit, exact_shares

scorings = st.sampled_from(["corrected", "published"])
NAMES = ("root-package", "profile", "fleet")


@pytest.fixture(scope="module")
def played():
    return study_game(draw(shipped_profile("reliabuild"), 30, 800, 4))


def test_what_is_held_out_is_not_looked_at(played):
    game_, labels = played.game, played.labels
    task = Halves(game_, labels.root, 40, 0.95, None, None, (0, 5), 0, 2)
    chosen_on, judged_by = task.parts(3)
    assert not set(labels.root[chosen_on]) & set(labels.root[judged_by])
    assert len(chosen_on) + len(judged_by) == len(game_.weights)
    # Another outcome of the jobs held out changes nothing of the choice.
    other = game_.chances.certain().copy()
    other[judged_by] = 0
    changed = replace(game_, chances=ChanceSets(other))
    shares = [exact_shares(one, exact_limit(one)) for one in (game_, changed)]
    one, two = (choice_on(g, 0.95, s, 0, jobs=chosen_on) for g, s in zip((game_, changed), shares, strict=True))
    assert one.players == two.players
    for ranking in one.scores:
        np.testing.assert_allclose(one.scores[ranking], two.scores[ranking], atol=1e-12)


def test_a_choice_is_judged_by_the_game_itself(played):
    choice = choice_on(played.game, 0.9, None, 0)
    sizes = (0, 1, 7, len(played.game.names))
    count, reached, *curves = judged(choice, played.game, sizes, 0)
    playing = Playing.of(played.game)
    ceiling = played.game.ceiling
    assert count == len(choice.players)
    assert reached == pytest.approx(playing.worth(playing.flags(choice.players)) / ceiling)
    assert reached >= 0.9 - 1e-9
    table = np.array(curves).reshape(-1, len(sizes))
    for row, scores in zip(table, choice.scores.values(), strict=False):
        first = np.flatnonzero(ranks_by(scores) < 7)
        assert row[2] == pytest.approx(playing.worth(playing.flags(first)) / ceiling)
        assert row[0] == pytest.approx(playing.worth(playing.flags([])) / ceiling)
        assert row[3] == pytest.approx(playing.worth(playing.flags(range(len(scores)))) / ceiling)


def test_every_part_has_its_splits_and_in_sample_comes_first(played):
    found = held_out_of(played, NAMES, splits=3)
    assert [one.over for one in found.sets] == [IN_SAMPLE, *NAMES]
    assert [len(one.share) for one in found.sets] == [1, 3, 3, 3]
    assert found.set_over(IN_SAMPLE).share[0] >= 0.95 - 1e-9
    again = held_out_of(played, ("fleet", "root-package"), splits=2)
    for over in ("root-package", "fleet"):
        assert np.array_equal(again.set_over(over).share, found.set_over(over).share[:2])
    assert held_out_of(played, ()) is None


def test_jobs_that_name_no_package_hold_out_none_and_say_so():
    drawn = draw(shipped_profile("reliabuild"), 10, 60, 1)
    nameless = replace(drawn.jobs, columns={})
    found = held_out_of(study_game(replace(drawn, jobs=nameless)), NAMES, splits=2)
    assert found.set_over("root-package") is None
    assert any("root-package" in line for line in found.left_out)


def test_what_cannot_be_held_out_is_refused(played):
    with pytest.raises(InputError, match="held out"):
        held_out_of(played, ("cluster",))
    with pytest.raises(InputError, match="splits"):
        held_out_of(played, NAMES, splits=0)
    with pytest.raises(InputError, match="held out"):
        Settings(hold_out=("week",))


@given(fleets(), workloads(), scorings)
def test_mutual_information_is_that_of_the_pairs_counted_one_by_one(fleet, workload, scoring):
    one = game(fleet, workload, scoring)
    clusters = len(fleet)
    succeeds_on = one.chances.on_each(clusters)
    expected = []
    for name in range(len(one.names)):
        pairs = {}
        for job in range(len(one.weights)):
            entries = one.questions.ids[one.questions.offsets[job] : one.questions.offsets[job + 1]]
            mine = [entry for entry in entries if one.questions.question[entry] == name]
            for cluster in range(clusters):
                bit = 1 << cluster % 64
                fails = any(
                    not int(one.index.clusters_of(one.questions.table[[entry]])[0, cluster // 64]) & bit
                    for entry in mine
                )
                succeeds = bool(succeeds_on[job, cluster])
                pairs[fails, succeeds] = pairs.get((fails, succeeds), 0) + int(one.weights[job])
        total = sum(pairs.values())
        expected.append(
            sum(
                count
                / total
                * np.log(
                    count
                    * total
                    / sum(n for (a, _), n in pairs.items() if a == fails)
                    / sum(n for (_, b), n in pairs.items() if b == succeeds)
                )
                for (fails, succeeds), count in pairs.items()
            )
        )
    np.testing.assert_allclose(mutual_information(one), expected, atol=1e-12)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_sizes_reach_from_nothing_to_everything(most, chosen):
    sizes = sizes_up_to(most, min(chosen, most))
    assert sizes[0] == 0
    assert sizes[-1] == most
    assert min(chosen, most) in sizes
    assert list(sizes) == sorted(set(sizes))


@pytest.mark.slow
def test_the_public_jobs_fare_as_an_independent_analysis_found(public_data, public_cache):
    study = read_study(public_data / "reliabuild", cache=public_cache)
    found = held_out_of(study_game(study), NAMES)
    in_sample, *others = (found.set_over(over) for over in (IN_SAMPLE, *NAMES))
    assert in_sample.count[0] == 24
    # Found otherwise: 0.57, 0.88 and 0.92, on splits of its own.
    for one, mean, off in zip(others, (0.57, 0.88, 0.92), (0.06, 0.03, 0.02), strict=True):
        assert len(one.share) >= 20
        assert one.share.mean() == pytest.approx(mean, abs=off)
