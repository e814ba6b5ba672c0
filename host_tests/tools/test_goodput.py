"""The goodput that is written in the tree: the first seeds of each figure measured again."""

from tools import goodput


def test_the_figures_are_those_that_are_written():
    assert goodput.wrong() == []


def test_a_figure_that_moved_is_named():
    written = {"a": [10, 20], "b": [30, 40]}
    assert goodput.differences({"a": [10], "b": [30]}, written) == []
    (line,) = goodput.differences({"a": [10, 21], "b": [30, 40]}, written)
    assert line.startswith("a, seed 2: 21 ms")
    assert goodput.differences({"c": [1]}, written) == ["c is not in goodput.json"]


def test_less_than_the_limit_is_said():
    full, lossy = [goodput.key(4096, "newreno", 1, loss) for loss in (0, 10_000)]
    assert goodput.faults({full: [1000], lossy: [1170]}) == []
    assert goodput.faults({full: [1000], lossy: [1180]})
