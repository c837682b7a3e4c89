"""What surrounds the results: what was run on what, the samplers, what is missing, the paper, the settings in full."""

from __future__ import annotations

import json
from pathlib import Path

from pandas import DataFrame

from ppgn_bench.report.page.blocks import Heading, Listing, Points, Section, Table, Text, plain_table
from ppgn_bench.report.results import Results
from ppgn_bench.report.tables import experiment, export
from ppgn_bench.report.words.missing import missing
from ppgn_bench.report.words.numbers import number
from ppgn_bench.report.words.places import experiment as experiment_words
from ppgn_bench.report.words.samplers import once, shared_generators
from ppgn_bench.report.words.sentences import DIFFERS, SEARCHED, TAGS, UNREAD


def overview(results: Results) -> Section:
    """What was run, on what, and for how long."""
    tables = [
        experiment.datasets(results),
        *experiment.own_networks(results),
        experiment.judges(results),
        experiment.runs(results),
        _machine(results),
    ]
    return Section("run", "What was run", [Text(experiment_words(results)), *tables])


def gaps(results: Results) -> Section:
    """Everything that is missing; no blocks where nothing is."""
    sentences = missing(results)
    return Section("missing", "What is missing", [Points(sentences)] if sentences else [])


def samplers(results: Results, folder: Path) -> Section:
    """The table of samplers (tables/variants), which of them share a generator, and where their settings come from."""
    rows = once(results)
    table = experiment.samplers(rows)
    frame = DataFrame([[cell.text for cell in row] for row in table.rows], columns=[cell.text for cell in table.header])
    export.save(folder, "variants", frame, [experiment.without(table, "networks")])
    # What is said of samplers that share a network or epsilons is said of those whose update is the plain one.
    facts = [*shared_generators([row for row in rows if not row.update]), SEARCHED]
    return Section("samplers", "The samplers", [table, Text(TAGS, "note"), Points(facts)])


def paper() -> Section:
    """What differs from the paper, and what could not be read in it."""
    unread = Heading("What could not be read in the paper or its release")
    return Section("paper", "What differs from the paper", [Points(DIFFERS), unread, Points(UNREAD)])


def settings(results: Results) -> Section:
    """Every setting of the experiment, resolved."""
    text = json.dumps(results.manifest.settings, indent=2, sort_keys=True, ensure_ascii=False, default=str)
    return Section("settings", "Settings in full", [Listing("All settings, with every default filled in", text)])


def _machine(results: Results) -> Table:
    spent = {
        f"minutes in {job}, all jobs added up": number(value) for job, value in experiment.minutes(results).items()
    }
    versions = ", ".join(f"{name} {version}" for name, version in results.manifest.versions.items())
    rows = {**experiment.hardware(results), **spent, "versions": versions}
    return plain_table("Machine and software", ["what", "value"], [[name, value] for name, value in rows.items()])
