import pytest

from placewise.bench.cases import drawn, drawn_distinct


@pytest.fixture(scope="session", params=["1602x100", "10000x500"])
def case(request):
    return drawn_distinct(1602, 100) if request.param == "1602x100" else drawn(10_000, 500)
