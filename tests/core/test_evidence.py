"""The life of a piece of evidence, its names and its waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connector.core.evidence import (
    NEXT,
    Evidence,
    EvidenceEvent,
    EvidenceKind,
    EvidenceState,
    Found,
    IllegalEvidenceStepError,
    Piece,
    Wanted,
    file_name,
    is_other,
    key_of,
    media_type_of,
    next_state,
    note_opening,
    note_text,
    proves_absence,
    summary_name,
    wait_after,
)
from connector.core.identity import Identity, marker
from connector.core.mapping import DocumentKind

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
WHO = Identity("realm-1", "upkeep", "", "4711", "cost")
DAY = date(2026, 2, 20)


def piece(**changed: object) -> Evidence:
    plain = Evidence(1, 7, EvidenceKind.SUMMARY, DocumentKind.JOURNAL_ENTRY, "146", DAY, marker(WHO), "4711", WHO, NOW)
    return replace(plain, **changed)  # type: ignore[arg-type]


def test_every_state_has_a_row_and_uncertainty_never_leads_to_a_send() -> None:
    assert set(NEXT) == set(EvidenceState)
    assert EvidenceState.SENDING not in NEXT[EvidenceState.UNCERTAIN].values()
    assert [state for state, row in NEXT.items() if EvidenceState.SENDING in row.values()] == [EvidenceState.DUE]
    assert NEXT[EvidenceState.ATTACHED] == NEXT[EvidenceState.LEFT_OUT] == {}


@pytest.mark.parametrize("state", EvidenceState)
@pytest.mark.parametrize("event", EvidenceEvent)
def test_a_step_that_the_table_does_not_have_changes_nothing(state: EvidenceState, event: EvidenceEvent) -> None:
    if event in NEXT[state]:
        assert next_state(state, event) is NEXT[state][event]
        return
    with pytest.raises(IllegalEvidenceStepError, match=f"{state} cannot meet '{event}'"):
        next_state(state, event)


def test_each_piece_document_content_and_generation_has_a_key_of_its_own() -> None:
    planned = [
        replace(piece(), kind=kind, source=source, document_id=d).planned for kind in EvidenceKind for source in ("", "f") for d in "12"
    ]
    keys = [key_of(one, checksum, generation) for one in planned for checksum in ("", "c") for generation in (1, 2)]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {32}


@pytest.mark.parametrize(
    ("name", "begins", "ends"),
    [
        ("Photo of pump.JPG", "Photo-of-pump-", ".jpg"),
        ("rechnung: märz/april?.pdf", "rechnung-m-rz-april-", ".pdf"),
        ("过滤器.png", "file-", ".png"),
        ("x" * 300 + ".txt", "x" * 60 + "-", ".txt"),
        ("no ending", "no-ending-", ""),
        ("run.exe", "run-", ""),
    ],
)
def test_a_file_keeps_its_name_as_far_as_both_ledgers_take_it(name: str, begins: str, ends: str) -> None:
    given = file_name(name, "f1", "4711-ABC")
    assert given.startswith(f"{begins}4711-ABC-")
    assert given.endswith(ends)
    assert not set(given) & set(' :"/\\|?*\0+')
    assert len(given) < 120
    assert bool(media_type_of(given)) == bool(ends)


def test_two_files_of_one_name_are_two_files() -> None:
    assert file_name("a.jpg", "f1", "M") != file_name("a.jpg", "f2", "M")
    assert summary_name("M") == "work-order-M.pdf"


def test_failures_wait_longer_each_time_and_at_most_a_day() -> None:
    assert [wait_after(tries) / timedelta(minutes=15) for tries in (0, 1, 2, 3, 7, 8, 5000)] == [1, 1, 2, 4, 64, 96, 96]


def test_absence_is_believed_after_two_looks_both_late_enough() -> None:
    lost = piece(state=EvidenceState.UNCERTAIN, uncertain_since=NOW)
    assert proves_absence(lost, NOW + timedelta(seconds=60), 60) is None
    assert proves_absence(lost, NOW + timedelta(seconds=61), 60) is False
    seen = replace(lost, absent_since=NOW + timedelta(seconds=61))
    assert proves_absence(seen, NOW + timedelta(seconds=121), 60) is False
    assert proves_absence(seen, NOW + timedelta(seconds=122), 60) is True
    assert proves_absence(piece(), NOW, 60) is False


def test_a_file_of_another_size_is_not_the_one_that_was_sent() -> None:
    sent = piece(attempts=1, size=10)
    assert is_other(sent, Found("1", "a", 9))
    assert not is_other(sent, Found("1", "a", 10))
    assert not is_other(sent, Found("1", "a"))
    assert not is_other(piece(size=10), Found("1", "a", 9))  # an earlier database sent it


def test_the_note_begins_with_what_the_history_is_searched_for() -> None:
    text = note_text(piece(work_order_number="47\n11"), "d" * 64)
    assert text == f"{note_opening(marker(WHO))} work order 4711, under mapping {'d' * 16}."


def test_what_is_wanted_is_what_is_written() -> None:
    assert Wanted().kinds() == Wanted().sent() == ()
    assert Wanted(attachments=True).sent() == (EvidenceKind.FILE_LIST, EvidenceKind.ATTACHMENT)
    assert Wanted(summary=True, attachments=True, history_note=True).kinds() == (
        EvidenceKind.SUMMARY,
        EvidenceKind.HISTORY_NOTE,
        EvidenceKind.FILE_LIST,
    )


@pytest.mark.parametrize(("seen", "is_live"), [("", True), ("live 3", True), ("void 1", False), ("deleted", False)])
def test_a_document_is_live_by_what_was_seen_last(seen: str, *, is_live: bool) -> None:
    assert piece(document_state=seen).is_document_live is is_live


def test_the_checksum_is_that_of_the_bytes() -> None:
    assert Piece(b"", "text/plain").checksum.startswith("e3b0c44298fc1c14")
