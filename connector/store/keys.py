"""The keys that open our secrets: in the environment, or in a file beside the database that only its owner may read.

The first key writes, every one reads. A rotation puts a new key in front, writes every secret anew in one transaction, and only then
drops the old one; between any two steps everything can be read. Whoever reads or writes a secret with the file's keys holds its lock,
so that nobody writes with a key that is being dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connector.core.tokens import UnreadableTokenError
from connector.store.database import Database
from connector.store.tables import TokenRow
from connector.store.trouble import told

KEY_VARIABLE = "CONNECTOR_KEY"
TOKEN = TokenRow.__table__  # type: ignore[attr-defined]


class KeyMismatchError(UnreadableTokenError):
    """The stored tokens cannot be read with the key at hand."""

    def __init__(self, where: str, message: str = "", next_step: str = "") -> None:
        message = message or "KEY_MISMATCH The stored sign-in cannot be read with this key."
        next_step = next_step or f"Bring back the key file or {KEY_VARIABLE} that wrote it, or connect the account again."
        super().__init__(f"{where}: {message} {next_step}")


class KeyMissingError(KeyMismatchError):
    """A database without a file has no key file beside it, and the environment has no key either."""

    def __init__(self, where: str) -> None:
        command = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        super().__init__(
            where, "KEY_MISSING The sign-in is not stored without encryption.", f"Set {KEY_VARIABLE}; make a key with {command}"
        )


class KeyAloneError(KeyMismatchError):
    """The environment holds one key only: there is none to change to."""

    def __init__(self) -> None:
        next_step = f'Put a new key in front of it, {KEY_VARIABLE}="new,old", in every process; then run the command again.'
        super().__init__(KEY_VARIABLE, "KEY_ALONE There is one key only.", next_step)


class Keys:
    """The keys of one database."""

    def __init__(self, database: Database, environment: Mapping[str, str] | None = None) -> None:
        self._database = database
        self._environment = os.environ if environment is None else environment

    @property
    def are_in_a_file(self) -> bool:
        """Whether the keys lie beside the database; the environment's win."""
        return not self._environment.get(KEY_VARIABLE)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the keys as they are, over all processes, while a secret is read or written."""
        if not self.are_in_a_file or self._database.path is None:
            yield
            return
        with self._database.locks.hold("key file"):
            yield

    def box(self) -> MultiFernet:
        """What encrypts and decrypts; makes the key file at its first use. Called while the keys are held."""
        return self._box(self._from_file() if self.are_in_a_file else self._environment[KEY_VARIABLE].split(","))

    def rotate(self) -> int:
        """Write every secret with a new key, and drop the file's old ones; how many secrets there are."""
        with self.held():
            if not self.are_in_a_file:
                keys = self._environment[KEY_VARIABLE].split(",")
                if len(keys) < 2:
                    raise KeyAloneError
                return self._write_anew(self._box(keys))
            keys = self._from_file()
            if len(keys) == 1:  # More than one: a rotation died, and this one finishes it.
                keys = [Fernet.generate_key().decode(), *keys]
                _write_keys(self._path, keys)
            count = self._write_anew(self._box(keys))
            _write_keys(self._path, keys[:1])
            return count

    def _write_anew(self, box: MultiFernet) -> int:
        """Every secret with the first key, or none. The rows are locked: a token that is saved meanwhile must not be put back."""
        with self._database.write() as connection:
            rows = connection.execute(sa.select(TOKEN.c.name, TOKEN.c.secret).with_for_update()).all()
            for name, secret in rows:
                try:
                    anew = box.rotate(secret)
                except InvalidToken:
                    raise KeyMismatchError(self._database.where) from None
                connection.execute(sa.update(TOKEN).where(TOKEN.c.name == name).values(secret=anew))
        return len(rows)

    def _box(self, keys: Sequence[str]) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key.strip()) for key in keys])
        except ValueError:
            raise KeyMismatchError(self._database.where) from None

    @property
    def _path(self) -> Path:
        if self._database.path is None:
            raise KeyMissingError(self._database.where)
        return Path(f"{self._database.path}.key")

    def _from_file(self) -> list[str]:
        path = self._path
        with told(str(path)):
            if not path.exists():
                _write_keys(path, [Fernet.generate_key().decode()])
            return path.read_text(encoding="ascii").split()


def _write_keys(path: Path, keys: Sequence[str]) -> None:
    """Whole or not at all: half a key, left by a full disk or a killed process, would shut the tokens away for ever."""
    draft = Path(f"{path}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write("\n".join(keys).encode())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    # The name must outlive a power cut as surely as the tokens that only this key opens.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
