"""Commands: the paper's claims, and the search that epsilons come from."""

from pathlib import Path
from typing import Annotated

import typer

from ppgn_bench.cli.options import beside
from ppgn_bench.columns import CONTROLS_CHECK
from ppgn_bench.storage import files


def claims(
    metrics: Annotated[list[Path], typer.Argument(help="metrics.csv of an experiment, or of several.")],
    output: Annotated[Path | None, typer.Option("--output", help="claims.csv (its parts beside it), or a .md.")] = None,
    controls: Annotated[
        list[Path] | None, typer.Option("--controls", help="controls_check.csv; by default those beside the metrics.")
    ] = None,
) -> None:
    """Compare the paper's claims with measurements: a verdict, or why there is none. Without --output, print them."""
    from pandas import concat

    from ppgn_bench.claims import text
    from ppgn_bench.claims.verdicts import verdicts
    from ppgn_bench.storage.collected import together

    beside_them = [path.with_name("controls_check.csv") for path in metrics]
    known = controls if controls is not None else [path for path in beside_them if path.is_file()]
    checks = [files.load_table(path, CONTROLS_CHECK) for path in known]
    table, parts = verdicts(together(metrics), concat(checks) if checks else None)
    if output is None:
        print(text.plain(table))
    elif output.suffix == ".md":
        files.save_text(output, text.markdown(table))
    else:
        files.save_table(beside(output, "parts.csv"), parts)
        files.save_table(output, table)


def choose(
    metrics: Annotated[Path, typer.Argument(help="metrics.csv of config/search.yaml.")],
    output: Annotated[Path, typer.Option("--output", help="Table to write: every trial, and which is chosen.")],
) -> None:
    """Choose each variant's epsilons from the trials of a search, by one rule for all (docs/settings.md).

    Those of config/imagenet_search.yaml by a rule of their own (docs/imagenet.md).
    """
    from ppgn_bench.sampling.search import believed, chosen
    from ppgn_bench.storage.collected import together

    table = together([metrics])
    trials = (believed if (table.metric == "judge_probability").any() else chosen)(table)
    files.save_table(output, trials)
    print(trials[trials["chosen"]].drop(columns="chosen").to_string(index=False))
