"""prove: what an auditor asks for."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    JsonOption,
    collected,
    read_configuration,
)
from connector.cli.output import console, counted, errors, print_json, problem_json

if TYPE_CHECKING:
    from connector.cli.proof_pack import Pack
    from connector.config.settings import Config
    from connector.core.period import Month
    from connector.flows.prove import Proof
    from connector.flows.world import World

# So many contradictions are told on the screen; the page has them all.
SHOWN_MAX = 20


def prove(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    period: Annotated[str, typer.Option("--period", help="Only this month, YYYY-MM; without it, everything since start_date.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="The folder to write; one that exists is never overwritten.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove from UpKeep and the ledger alone that each work order is in the books once; write a pack for the auditor."""
    month = _month(period)
    settings, chosen = read_configuration(config, connection)
    _check_free(out)
    several = len(chosen) > 1
    told, unreachable = collected(config, connection, partial(_proven, settings, month, out, several), quiet=as_json)
    if as_json:
        reports = [_report(proof, pack) for proof, pack in told]
        told_json = {"connections": reports, "unreachable": [problem_json(problem) for problem in unreachable]}
        print_json(told_json | (reports[0] if len(reports) == 1 else {}))
    for proof, pack in [] if as_json else told:
        _print(proof, pack)
    if unreachable:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if any(proof.needs_a_person() for proof, _ in told) else Exit.DONE)


def _month(period: str) -> Month | None:
    from connector.core.period import Month

    month = Month.parse(period) if period else None
    if period and month is None:
        _refuse(f"--period is '{period}'; write it as YYYY-MM.")
    return month


def _check_free(out: Path | None) -> None:
    """Told before anything is read: a proof may take an hour."""
    if out is not None and (out.exists() or out.is_symlink()):
        _refuse(f"--out is '{out}', which exists already; choose another folder.")
    parent = next((folder for folder in (out or Path("proof")).absolute().parents if folder.exists()), Path("/"))
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        _refuse(f"nothing can be written into '{parent}'; choose a folder with --out.")


def _refuse(message: str) -> None:
    errors().print(f"USAGE {message}", markup=False)
    raise typer.Exit(Exit.BAD_CONFIGURATION)


def _proven(settings: Config, month: Month | None, out: Path | None, several: bool, world: World) -> tuple[Proof, Pack]:
    from connector.cli.proof_pack import default_folder, write_pack
    from connector.flows.prove import prove as run_prove
    from connector.wiring import neighbours_of

    with neighbours_of(settings, world.policy.connection, world.clock) as neighbours:
        proof = run_prove(world, month, neighbours)
    folder = default_folder(proof)
    if out is not None:
        folder = out / folder.name if several else out
    try:
        return proof, write_pack(proof, folder)
    except OSError as error:
        errors().print(f"USAGE The pack could not be written to '{folder}': {error.strerror or error}.", markup=False)
        raise typer.Exit(Exit.BAD_CONFIGURATION) from None


def _report(proof: Proof, pack: Pack) -> dict[str, object]:
    """The head of proof.json, the rows that contradict, and where the rest is."""
    from connector.cli.proof_pack import row_of
    from connector.core.proof import AGREEING

    contradictions = [row_of(row, proof) for row in proof.rows if row.verdict not in AGREEING]
    return {**pack.head, "contradictions": contradictions, "folder": str(pack.folder), "root_hash": pack.root_hash}


def _print(proof: Proof, pack: Pack) -> None:
    from connector.cli.proof_page import WORDS
    from connector.core.proof import AGREEING, Verdict

    out = console()
    period = f", {proof.month}" if proof.month else ""
    out.print(f"{proof.world.policy.connection}{period}: {'proven' if proof.is_proven else 'NOT PROVEN'}", markup=False)
    out.print(f"  {pack.head['verdict']}")
    for doubt in proof.doubts:
        out.print(f"  {doubt}", markup=False)
    against = [row for row in proof.rows if row.verdict not in AGREEING]
    for row in against[:SHOWN_MAX]:
        what = f"work order {row.work_order}" if row.work_order else f"document {row.marker}"
        out.print(f"  {WORDS[row.verdict.value]}: {what}: {row.reason}", markup=False)
    if len(against) > SHOWN_MAX:
        out.print(f"  and {len(against) - SHOWN_MAX} more, all in the pack")
    if held := proof.tally.verdicts[Verdict.HELD]:
        out.print(f"  {counted(held, 'work order')} held, each with its reason in the pack")
    out.print(f"  pack: {pack.folder}", markup=False)
