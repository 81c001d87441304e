import numpy as np
import pytest

from placewise.errors import InputError
from placewise.model.jobs.records import Measurements, Records

ONE = np.array([1.0, 2.0])
TWO = np.array([3.0, 4.0])


def test_records_give_the_mean_memory_and_the_duration_of_each_build():
    texts = ("a", "b")
    records = Records.of_builds(texts, ("llvm", "camp"), texts, texts, texts, TWO + 5, ONE, ONE - 1, TWO, TWO)
    found = records.measurements()
    assert len(found) == 2
    assert found.packages == ("llvm", "camp")
    assert found.memory_bytes.tolist() == [1.0, 2.0]
    assert found.duration_s.tolist() == [3.0, 4.0]
    assert not found.memory_bytes.flags.writeable


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("column", ["memory_bytes", "duration_s"])
def test_what_is_no_positive_number_is_refused(column, bad):
    columns = {"memory_bytes": ONE.copy(), "duration_s": TWO.copy(), column: np.array([1.0, bad])}
    with pytest.raises(InputError, match=f"build 'camp': {column} is not usable; expected a number above 0"):
        Measurements(("llvm", "camp"), **columns)


def test_columns_are_of_one_length():
    with pytest.raises(InputError, match="duration_s has another length"):
        Measurements(("llvm",), np.array([1.0]), np.array([1.0, 2.0]))
