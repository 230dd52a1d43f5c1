"""The report tells who came and who was shown as the console has it."""
from __future__ import annotations

from typing import Any

from provisioning.demo import report


def presence(person: str, answer: str, checked_in: bool) -> dict[str, Any]:
    return {"person": person, "answer": answer, "signed_in": checked_in, "on_leave": False}


def test_who_came_and_who_was_shown_by_name() -> None:
    shown = {"trainees": [{"person": "p-1", "name": "王芳"}, {"person": "p-2", "name": "李伟"}], "recordings": [
        {"recording": "2026-03-02-am", "presences": [
            presence("p-1", "shown", True), presence("p-2", "not_identifiable", True),
            presence("p-3", "absent", False)]},
        {"recording": "2026-03-02-pm", "presences": [
            presence("p-2", "covered", False), presence("p-3", "shown", True)]},
    ]}
    assert report.blocks(shown) == [
        {"block": "2026-03-02-am", "due": 3, "checked_in": ["王芳", "李伟"], "shown": ["王芳"]},
        {"block": "2026-03-02-pm", "due": 2, "checked_in": ["p-3"], "shown": ["p-3"]},
    ]
