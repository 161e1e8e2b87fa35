"""The text format of Prometheus, byte for byte."""

from __future__ import annotations

from server.ops.exposition import counter, counters, gauge, histogram, info


def test_a_figure() -> None:
    """It says what it is about and whether it can fall."""
    assert gauge("x", "An x.", 1.5) == "# HELP x An x.\n# TYPE x gauge\nx 1.5\n"
    assert counter("y_total", "Ys.", 2) == "# HELP y_total Ys.\n# TYPE y_total counter\ny_total 2\n"


def test_a_figure_that_is_not_known_is_left_out() -> None:
    """As on systems that do not tell."""
    assert gauge("x", "An x.", None) == ""


def test_figures_by_label() -> None:
    """In the order of the label's values, which are quoted."""
    assert counters("x_total", "Xs.", "why", {"b": 1, 'a"\\\n': 2}).splitlines()[2:] == [
        'x_total{why="a\\"\\\\\\n"} 2',
        'x_total{why="b"} 1',
    ]
    assert info("x_info", "An x.", {"a": "1", "b": "2"}).splitlines()[-1] == 'x_info{a="1",b="2"} 1'


def test_a_histogram() -> None:
    """Each bucket counts all values up to its bound, and the last one counts all."""
    assert histogram("x", "An x.", (0.001, 5), (1, 0, 2), 20.5).splitlines() == [
        "# HELP x An x.",
        "# TYPE x histogram",
        'x_bucket{le="0.001"} 1',
        'x_bucket{le="5"} 1',
        'x_bucket{le="+Inf"} 3',
        "x_sum 20.5",
        "x_count 3",
    ]
