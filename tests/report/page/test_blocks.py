"""The page's blocks: figures have names that a file can have."""

from pathlib import Path

from matplotlib.figure import Figure

from ppgn_bench.report.page.blocks import LONGEST_NAME, drawn, file_name


def test_a_name_that_no_file_can_have_is_cut_and_those_of_two_networks_stay_apart(tmp_path: Path) -> None:
    one, other = (f"losses_{'generator+widths=8,6,4' * 20}+seed={number}" for number in range(2))
    assert file_name("losses_mnist_joint+noise=0.2") == "losses_mnist_joint+noise=0.2"
    assert len(file_name(one)) == len(file_name(other)) == LONGEST_NAME
    assert file_name(one) != file_name(other)
    shown = drawn(Figure(figsize=(1, 1)), tmp_path, one, "caption")
    assert {file.stem for file in tmp_path.iterdir()} == {shown.name} == {file_name(one)}
