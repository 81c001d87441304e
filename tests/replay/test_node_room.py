"""What a job is given on nodes: held against a packer that puts down one piece after the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from placewise.replays.state.space import CORES, GPUS, MEMORY, WHOLE_GPU, NodeDemand, Nodes


def packed(space, demand):
    """First-fit by node order, and on a node by GPU order, a piece at a time."""
    left, nodes, amounts = demand.pieces, [], []
    for node in range(len(space.whole)):
        if demand.usable is not None and not demand.usable[node]:
            continue
        if demand.exclusive and (space.free[node] != space.whole[node]).any():
            continue
        given, row = 0, space.free[node].copy()
        while given < (1 if demand.apart else left) and put_down(row, demand):
            given += 1
        if given:
            nodes.append(node)
            amounts.append(space.whole[node] if demand.exclusive else space.free[node] - row)
            left -= given
            if not left:
                return np.array(nodes), np.array(amounts)
    return None


def put_down(row, demand):
    if row[CORES] < demand.cores or row[MEMORY] < demand.memory_bytes:
        return False
    gpus = row[GPUS:]
    if demand.gpus_milli >= WHOLE_GPU:
        chosen = [at for at, free in enumerate(gpus) if free == WHOLE_GPU][: -(-demand.gpus_milli // WHOLE_GPU)]
        if len(chosen) * WHOLE_GPU < demand.gpus_milli:
            return False
        gpus[chosen] = 0
    elif demand.gpus_milli:
        chosen = [at for at, free in enumerate(gpus) if free >= demand.gpus_milli][:1]
        if not chosen:
            return False
        gpus[chosen] -= demand.gpus_milli
    row[CORES] -= demand.cores
    row[MEMORY] -= demand.memory_bytes
    return True


@given(st.integers(0, 10**9))
def test_it_is_what_one_piece_after_the_other_is_given(seed):
    draw = np.random.default_rng(seed)
    for _ in range(20):
        nodes, gpus = int(draw.integers(1, 7)), int(draw.integers(0, 4))
        whole = np.column_stack(
            [
                draw.integers(0, 9, nodes),
                draw.choice([4, 16, 1 << 62], nodes),
                *(draw.choice([0, WHOLE_GPU], nodes, p=[0.2, 0.8]) for _ in range(gpus)),
            ]
        ).astype(np.int64)
        space = Nodes(whole)
        for _ in range(6):  # each is held by the jobs before it
            demand = NodeDemand(
                int(draw.integers(1, 9)),
                int(draw.integers(0, 4)),
                int(draw.choice([0, 0, 1, 5])),
                int(draw.choice([0, 0, 1, 250, 300, 999, 1000, 1001, 2000])),
                apart=bool(draw.random() < 0.4),
                exclusive=bool(draw.random() < 0.2),
                usable=draw.random(nodes) < 0.7 if draw.random() < 0.3 else None,
            )
            wanted, found = packed(space, demand), space.room(demand)
            assert (wanted is None) == (found is None)
            if found is not None:
                assert [one.tolist() for one in found] == [one.tolist() for one in wanted]
                assert [one.dtype for one in found] == [np.int64, np.int64]
                space.take(found)
                assert (space.free >= 0).all()
