"""From a config file to open worlds, with every mistake told at once and the same exit codes everywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from connector.cli.exits import Exit
from connector.cli.output import errors, print_problems, progress

if TYPE_CHECKING:
    from connector.config.settings import Config, ConnectionConfig
    from connector.core.mapping import Mapping
    from connector.core.problem import Problem
    from connector.flows.world import World
    from connector.store.connection_store import Database

ConfigOption = Annotated[Path, typer.Option("--config", help="The configuration file.")]
ConnectionOption = Annotated[str, typer.Option("--connection", help="Only the connection of this name.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
DEFAULT_CONFIG = Path("config.yaml")
EVERY_CONNECTION = ""

T = TypeVar("T")


def one_of(*known: str) -> Callable[[str], str]:
    """Reads an option that has few answers; at a terminal a wrong one is told and asked again."""

    def read(value: str) -> str:
        if value.strip().lower() not in known:
            raise typer.BadParameter(f"USAGE '{value}' is none of: {', '.join(known)}.")
        return value.strip().lower()

    return read


@dataclass(frozen=True, slots=True)
class Opened:
    """A configuration without mistakes, its mappings read, its database open."""

    config: Config
    connections: list[tuple[ConnectionConfig, Mapping]]
    database: Database


@contextmanager
def opened(config_file: Path, connection: str) -> Iterator[Opened]:
    """Read the configuration and every mapping in it, open the database; any mistake ends the command with code 2."""
    config, connections = read_configuration(config_file, connection)
    with database_of(str(config.database)) as database:
        yield Opened(config, connections, database)


@contextmanager
def database_of(name: str) -> Iterator[Database]:
    """The database of a configuration, open."""
    from connector.clock import SystemClock
    from connector.store.connection_store import Database

    database = Database.open(name, SystemClock())
    try:
        yield database
    finally:
        database.close()


def one_connection(config_file: Path, which: str) -> tuple[ConnectionConfig, str]:
    """The one connection that is meant, by its name or its kind of ledger, and the database; mappings are not needed yet."""
    config = configuration(config_file)
    chosen = [c for c in config.connections if which == c.name] or [c for c in config.connections if which in (c.ledger.kind, "")]
    if len(chosen) == 1:
        return chosen[0], str(config.database)
    if not chosen:
        _unknown(which, config)
    errors().print(f"USAGE Say which connection is meant: {_names(config)}.", markup=False)
    raise typer.Exit(Exit.BAD_CONFIGURATION)


def _unknown(which: str, config: Config) -> NoReturn:
    errors().print(f"CONNECTION_UNKNOWN There is no connection '{which}' in {config.file}. Known: {_names(config)}.", markup=False)
    raise typer.Exit(Exit.BAD_CONFIGURATION)


def _names(config: Config) -> str:
    return ", ".join(connection.name for connection in config.connections)


def configuration(config_file: Path) -> Config:
    """The configuration alone; any mistake ends the command with code 2."""
    from connector.config.settings import load_config

    config, problems = load_config(config_file, os.environ)
    if config is None:
        print_problems(problems)
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    return config


def read_configuration(config_file: Path, connection: str) -> tuple[Config, list[tuple[ConnectionConfig, Mapping]]]:
    """The configuration and the chosen connections with their mappings; all problems of all mappings are printed together."""
    from connector.config.mapping_file import load_mapping

    config = configuration(config_file)
    chosen = [c for c in config.connections if connection in (EVERY_CONNECTION, c.name)]
    if not chosen:
        _unknown(connection, config)
    loaded = [(c, load_mapping(c.mapping)) for c in chosen]
    problems = list(dict.fromkeys(problem for _, (_, found) in loaded for problem in found))
    if problems:
        print_problems(problems)
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    return config, [(c, mapping) for c, (mapping, _) in loaded if mapping is not None]


def for_each_world(
    config_file: Path, connection: str, work: Callable[[World], T], *, quiet: bool = False, actor: str = "connector"
) -> list[T]:
    """Do the same work for each chosen connection; a service that cannot be reached ends the command with code 3, at the end."""
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem
    from connector.wiring import world_of

    results: list[T] = []
    unreachable: list[Problem] = []
    with translated_errors(), opened(config_file, connection) as opening:
        for settings, mapping in opening.connections:
            with (
                progress(settings.name, quiet=quiet) as tell,
                world_of(settings, mapping, opening.database, progress=tell, actor=actor) as world,
            ):
                try:
                    results.append(work(world))
                except UNREACHABLE_ERRORS as error:
                    unreachable.append(unreachable_problem(settings.name, error))
    if unreachable:
        print_problems(unreachable)
        raise PartlyUnreachableError(results, unreachable)
    return results


class PartlyUnreachableError(Exception):
    """Some connection's service could not be reached; `results` are those of the others, `problems` say what and why."""

    def __init__(self, results: list[Any], problems: list[Problem]) -> None:
        super().__init__("a service could not be reached")
        self.results = results
        self.problems = problems


def collected(
    config_file: Path, connection: str, work: Callable[[World], T], *, quiet: bool, actor: str = "connector"
) -> tuple[list[T], list[Problem]]:
    """The results of every connection that could be reached, and what is wrong with the others."""
    try:
        return for_each_world(config_file, connection, work, quiet=quiet, actor=actor), []
    except PartlyUnreachableError as error:
        return error.results, error.problems


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the world does to us (a broken database, a wrong key) into one clear line and an exit code."""
    from connector.store.engine import DatabaseProblem
    from connector.store.vault import KeyMismatchError

    try:
        yield
    except (DatabaseProblem, KeyMismatchError) as error:
        errors().print(str(error), markup=False)
        raise typer.Exit(Exit.BAD_CONFIGURATION) from None
