"""Rows are the same wherever they are computed, and a sweep that fails leaves nothing going on."""

import pickle
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweep_tasks import Calling, Drawn, Dying, Failing, Telling, lines

from placewise.errors import PlacewiseError
from placewise.sweep.runner import HERE, Runner, _rows_in_worker


class OtherFuture(Future):
    """A future of a class of its own, as executors over MPI have."""


class Remote(Executor):
    """What an executor over MPI does, in one thread: all that goes there and comes back is pickled."""

    def submit(self, fn, /, *args, **kwargs):
        sent, future = pickle.dumps((fn, args, kwargs)), OtherFuture()

        def work():
            if not future.set_running_or_notify_cancel():
                return
            fn, args, kwargs = pickle.loads(sent)
            try:
                future.set_result(pickle.loads(pickle.dumps(fn(*args, **kwargs))))
            except Exception as error:  # noqa: BLE001, whatever it is goes back
                future.set_exception(error)

        threading.Thread(target=work).start()
        return future


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        yield pool


def rows(executor, task, count, **options):
    return Runner(executor).rows("rows", task, count, key="", **options)


@given(st.integers(0, 200), st.integers(1, 4), st.one_of(st.none(), st.integers(1, 250)), st.sampled_from([1, 3]))
def test_rows_are_the_same_bytes_in_threads_and_elsewhere(count, width, block, workers):
    task = Drawn(width)
    expected = np.array([task(number) for number in range(count)]).reshape(count, width).tobytes()
    assert rows(None, task, count, block=block).tobytes() == expected
    with ThreadPoolExecutor(workers) as threads:
        assert rows(threads, task, count, block=block).tobytes() == expected
    if count < 30:
        assert rows(Remote(), task, count, block=block).tobytes() == expected


@pytest.mark.parametrize(("count", "block"), [(0, None), (1, None), (130, None), (40, 1), (40, 7), (40, 1000)])
def test_rows_are_the_same_bytes_in_processes(processes, count, block):
    expected = rows(None, Drawn(), count)
    assert expected.shape == (count, 3)
    assert rows(processes, Drawn(), count, block=block).tobytes() == expected.tobytes()


@pytest.mark.parametrize("pool", ["processes", "threads"])
def test_a_process_unpickles_a_task_once(tmp_path, pool):
    made = ProcessPoolExecutor(2, get_context("spawn")) if pool == "processes" else ThreadPoolExecutor(8)
    with made as executor:
        for seed in (0, 1):
            folder = tmp_path / str(seed)
            folder.mkdir()
            rows(executor, Telling(folder=folder, seed=seed), 40)
            unpickled = lines(folder / "unpickled")
            assert len(set(unpickled)) == len(unpickled) <= (2 if pool == "processes" else 1)
            assert sorted(lines(folder / "computed")) == list(range(40))


def test_the_default_has_at_most_64_blocks():
    for count in (1, 63, 64, 65, 1000):
        told = []
        HERE.rows("rows", Drawn(), count, key="", progress=Calling(told.append))
        assert len(told) <= 64
        assert told[-1] == count
        assert told == sorted(told)


def test_what_is_submitted_at_a_time_is_bounded():
    class Counting(ThreadPoolExecutor):
        most = 0
        open = ()

        # Asks the futures themselves: their callbacks run only after those who wait for a future have been woken.
        def submit(self, *arguments):
            future = super().submit(*arguments)
            self.open = [one for one in self.open if not one.done()] + [future]
            self.most = max(self.most, len(self.open))
            return future

    with Counting(2) as executor:
        found = rows(executor, Drawn(), 3000, block=1)
        assert 2 < executor.most <= 256
    assert found.tobytes() == rows(None, Drawn(), 3000).tobytes()


@pytest.mark.parametrize("threads", [None, 1])
def test_a_failure_comes_through_and_the_rest_is_cancelled(tmp_path, threads):
    task = Failing(folder=tmp_path, at=20)
    executor = None if threads is None else ThreadPoolExecutor(threads)
    parts = tmp_path / "parts"
    with pytest.raises(ArithmeticError, match="at 20"):
        Runner(executor, parts).rows("rows", task, 5000, key="k", block=5)
    if executor is not None:
        executor.shutdown()
    computed = lines(tmp_path / "computed")
    assert set(range(21)) <= set(computed)
    assert len(computed) < 2000, "what had not begun was not cancelled"
    assert len(list(parts.rglob("*.part"))) >= 4


def test_an_interrupt_cancels_the_rest(tmp_path):
    def interrupted(_):
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        rows(executor, Telling(folder=tmp_path), 5000, block=1, progress=Calling(interrupted))
    assert len(lines(tmp_path / "computed")) < 2000


def test_a_process_that_dies_is_one_line_and_what_is_done_is_kept(tmp_path):
    task, parts = Dying(folder=tmp_path, at=30, ballast=bytes(2_000_000)), tmp_path / "parts"
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, pytest.raises(PlacewiseError) as said:
        Runner(pool, parts).rows("random orders", task, 1000, key="k", block=1)
    text = str(said.value)
    assert "random orders: a worker process died" in text
    assert f"what is done is kept in {parts}" in text
    assert "\n" not in text
    told = []
    found = Runner(None, parts).rows("random orders", Drawn(), 1000, key="k", block=1, progress=Calling(told.append))
    assert told[0] >= 25
    assert told[-1] == 1000
    assert found.tobytes() == rows(None, Drawn(), 1000).tobytes()


def test_a_sweep_that_is_done_soon_keeps_no_parts(tmp_path):
    parts = tmp_path / "parts"
    patient = Runner(None, parts, patience_s=3600)
    found = patient.rows("rows", Drawn(), 40, key="k", block=5)
    assert not list(parts.rglob("*.part"))
    impatient = Runner(None, parts).rows("rows", Drawn(), 40, key="k", block=5)
    assert len(list(parts.rglob("*.part"))) == 8
    assert found.tobytes() == impatient.tobytes()


@pytest.mark.parametrize("raised", [ArithmeticError, KeyboardInterrupt, SystemExit])
def test_a_sweep_that_is_stopped_keeps_what_is_done(tmp_path, raised):
    def stop(done):
        if done == 15:
            raise raised

    parts = tmp_path / "parts"
    with pytest.raises(raised):
        Runner(None, parts, patience_s=3600).rows("r", Drawn(), 40, key="k", block=5, progress=Calling(stop))
    assert len(list(parts.rglob("*.part"))) == 3
    told = []
    found = Runner(None, parts).rows("r", Drawn(), 40, key="k", block=5, progress=Calling(told.append))
    assert told[0] == 15
    assert found.tobytes() == rows(None, Drawn(), 40).tobytes()


def test_workers_that_are_gone_are_one_line():
    class Gone(Executor):
        def submit(self, *_):
            future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(PlacewiseError, match="the workers are gone, or their scheduler; 0 of 3 were done, and nothing"):
        rows(Gone(), Drawn(), 3)


def test_a_worker_of_another_version_is_refused():
    content = pickle.dumps(Drawn())
    with pytest.raises(PlacewiseError, match="another version"):
        _rows_in_worker("0.0.0", b"", content, range(2))


def test_parts_need_a_key(tmp_path):
    with pytest.raises(ValueError, match="key"):
        Runner(None, tmp_path).rows("rows", Drawn(), 2, key="")
