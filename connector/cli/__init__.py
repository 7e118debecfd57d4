"""The commands: parse arguments, call a flow, print a report."""


def main() -> None:
    """Run the `connector` command."""
    # Imported here, so that importing the package for something else does not build the command line.
    from connector.cli.app import app

    app()
