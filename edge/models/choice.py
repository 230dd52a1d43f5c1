"""Which model pack a new box uses: the best that lies whole on its machine, among those whose licence asks nobody."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping

from common.texts import N_, translate
from edge.config import BUILTIN
from edge.models.fetch import WITHOUT, present
from edge.models.manifest import load_manifest

BETTER = "opencv"
"""Better than what comes with the packages. Whoever brings models under a licence of their own names that pack in
box.toml: how alike faces must be for it was not measured (models/insightface.md)."""
IN_PART = N_("The model pack {pack} is not taken: files of it are missing or are others: {files}")
FOR_TRIALS = N_("No model pack but {pack} is whole on this machine. It is for trying things out: it sees no small "
                "faces and names few. To bring another, log in (Ctrl+Alt+F2, or SSH): `sudo zaitang-edge models fetch "
                "{better}`")
TAKEN = N_("Model pack: {pack}")


@dataclasses.dataclass(frozen=True)
class Choice:
    """`pack`: which one; `wrong`: files for which the better one is not taken though others of it lie here."""

    pack: str
    wrong: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing has to be done about it."""
        return self.pack != BUILTIN

    def words(self, lang: str) -> list[str]:
        """What is to be known of it."""
        if self.is_well:
            return [translate(TAKEN, lang, pack=self.pack)]
        in_part = [translate(IN_PART, lang, pack=BETTER, files=", ".join(self.wrong))] if self.wrong else []
        return [*in_part, translate(FOR_TRIALS, lang, pack=self.pack, better=BETTER)]


def choose_pack(env: Mapping[str, str] = os.environ) -> Choice:
    """From what lies on this machine: no network is asked, and a file counts only with the hash that its manifest
    names."""
    manifest = load_manifest(BETTER, env)
    needed = [file for file in manifest.files if file.role not in WITHOUT]
    wrong = [file.name for file in needed if not present(manifest, file, env)]
    if not wrong:
        return Choice(BETTER)
    return Choice(BUILTIN, tuple(wrong) if len(wrong) < len(needed) else ())
