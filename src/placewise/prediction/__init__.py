"""How long and how dear: runtime models of packages, and what a cluster costs beside a reference."""

from placewise.prediction.cost import additional, reference_runtime
from placewise.prediction.fitting import fit_models
from placewise.prediction.predict import Prediction, predict, predict_matrix

__all__ = ["Prediction", "additional", "fit_models", "predict", "predict_matrix", "reference_runtime"]
