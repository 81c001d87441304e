"""Selection policies by name and options, as a request gives them; nothing of one request reaches the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from placewise import plugins
from placewise.errors import InputError
from placewise.formats.studies.selection_config import priorities_of_text
from placewise.model.jobs.job import Job
from placewise.selection.composing import policy_named
from placewise.selection.constraint import constraint_policy
from placewise.selection.offered import CONSTRAINT, IN_A_SERVICE, PREFERENCE_SCORE, offered
from placewise.selection.policies import Policy, names_read
from placewise.selection.situation import Numbers
from placewise.selection.stated_numbers import numbers_of_job
from placewise.service.live.forecasts import RESTS_ON, SAID
from placewise.service.live.state import State

_NAMED = 40
_PRIORITIES = "priorities"
LONGEST_PRIORITIES = 64 << 10


async def values_for(state: State, job: Job, policy: Policy) -> Callable[[], dict[str, Numbers]]:
    """Return what gives the numbers that a policy reads of a job, as they are when it is called.

    The job's attributes count less than the clusters' states, and both less than what models say (`live.forecasts`),
    which are asked here where the policy may read them. States may have any number of fields that it does not read.
    """
    names = names_read(policy)
    forecasts = state.forecasts if state.forecasts and (names is None or names & SAID) else None
    read = names if names is None or forecasts is None else names | RESTS_ON
    # A policy that reads nothing is the usual one.
    own = {} if read is not None and not read else numbers_of_job(job)
    mine: dict[str, Numbers] = {name: number for name, number in own.items() if read is None or name in read}
    if forecasts is not None and forecasts.wanted(state.fleet, job) is not None:
        # One at a time: they are remembered, and who asks for what nobody asked before shall not hold up the rest.
        async with state.forecasting:
            if (wanted := forecasts.wanted(state.fleet, job)) is not None:
                forecasts.keep(wanted, await state.beside(partial(forecasts.asked, wanted)))

    def values() -> dict[str, Numbers]:
        # A cluster's state is its owner's word, which a job's attribute of that name does not overrule.
        known = {**mine, **state.fleet.numbers(read)}
        if forecasts is not None:
            known |= forecasts.over(state.fleet, job, known)
        if names is not None and names - known.keys() - {PREFERENCE_SCORE}:
            # The policy will refuse the names that are missing, and name some that are there.
            known = {**state.fleet.numbers(state.fleet.fields()[:_NAMED]), **known}
        return known

    return values


def policy_of(name: str, options: Mapping[str, str]) -> Policy:
    """Return the policy of a name, made from its options; after ``preferred,`` the name of that for equals.

    Clients send the options that they are configured with whatever policy they name, so `priorities` is
    understood beside every policy and used by `constraint`. Raises InputError for an unknown policy, another
    option, and priorities that cannot be used.
    """
    for option in options:
        if option != _PRIORITIES:
            raise InputError(
                "is not an option of selection", place="select_options", found=option, expected=_PRIORITIES
            )
    return policy_named(name, lambda one: _alone(one, options))


def _alone(name: str, options: Mapping[str, str]) -> Policy:
    if name != CONSTRAINT:
        return plugins.load("policies", name, (*offered(IN_A_SERVICE), CONSTRAINT))  # type: ignore[no-any-return]  # its group holds policies
    text = options.get(_PRIORITIES)
    if text is None:
        raise InputError("the priorities are missing", place="select_options", expected=f"the option {_PRIORITIES}")
    if len(text) > LONGEST_PRIORITIES:
        expected = f"at most {LONGEST_PRIORITIES} characters"
        raise InputError("the priorities are too long", place="select_options", found=len(text), expected=expected)
    return _constraint(text)


# Requests repeat a few texts; the policy made of one is a frozen value.
@lru_cache(maxsize=32)
def _constraint(text: str) -> Policy:
    return constraint_policy(priorities_of_text(text))
