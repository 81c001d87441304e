"""Hypothesis profiles: `default` for every run, `fuzz` (HYPOTHESIS_PROFILE=fuzz) for a long one."""

import os

from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=100)
settings.register_profile("fuzz", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
