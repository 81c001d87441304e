"""The model that a study may have as its truth, learned from the records that the evidence is of."""

from __future__ import annotations

from placewise.errors import InputError, Words
from placewise.model.outcomes.evidence import EvidenceSettings
from placewise.model.outcomes.outcome_records import OutcomeRecords
from placewise.model.outcomes.success_card import Learned
from placewise.model.outcomes.success_model import SuccessModel
from placewise.prediction.success.carded import with_card
from placewise.study.evidence.sample import groups_of, known_of, names_by_group, sampled
from placewise.study.evidence.summary import without_contradictions


def model_of(records: OutcomeRecords, data: str, sha256: str, settings: EvidenceSettings) -> SuccessModel:
    """Return the calibrated model of all facts of the sample, with its card; of the groups that the settings name.

    data, sha256 : the name of the records' file, and the hash of its content, for the card. Raises InputError without
    scikit-learn, for settings that do not fit the records, and where no fact is common enough to learn from.
    """
    kept, _ = without_contradictions(records)
    sample, _ = sampled(kept, settings)
    if not sample.facts:
        raise InputError(
            "there is nothing to learn from", found=Words("no fact"), expected="facts that enough records have"
        )
    known = known_of(names_by_group(sample), groups_of(sample, settings.groups), settings.hold_out)
    packages = len(set(sample.package.tolist()))
    learned = Learned(data, sha256, records.label, len(sample), int(sample.succeeded.sum()), packages)
    return with_card(sample, known, learned, hold_out=settings.hold_out, folds=settings.folds, seed=settings.seed)
