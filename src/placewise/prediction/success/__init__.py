"""How likely a job succeeds: learned from records of success and failure, judged on records held out."""

from placewise.prediction.success.encoding import Known, encoded, unseen
from placewise.prediction.success.folds import fold_of
from placewise.prediction.success.forecast import forecast, table
from placewise.prediction.success.learner import Boosting, fit, out_of_fold, usual
from placewise.prediction.success.scores import reliability, scores

__all__ = [
    "Boosting",
    "Known",
    "encoded",
    "fit",
    "fold_of",
    "forecast",
    "out_of_fold",
    "reliability",
    "scores",
    "table",
    "unseen",
    "usual",
]
