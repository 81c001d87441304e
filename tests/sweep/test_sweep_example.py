"""The example of the document runs."""

import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "running-elsewhere.md"


def test_the_example_runs():
    (example,) = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], check=False, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert 0 < float(done.stdout) < 1
