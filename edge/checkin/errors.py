"""Why a terminal refuses to take face check-ins."""
from __future__ import annotations

from evidence.errors import BadInput


class LivenessUnavailable(BadInput):
    text = (
        "the policy {policy} requires a liveness check, which the model pack {pack} cannot do: "
        "this terminal takes no face check-ins"
    )


class NobodyEnrolled(BadInput):
    text = "nobody of class {class_id} is enrolled with the model pack {pack}: this terminal takes no face check-ins"


class PackTooLoose(BadInput):
    text = (
        "the model pack {pack} cannot be shown to take at most {allowed} in 1000000 strangers for somebody of class "
        "{class_id}, as the policy {policy} wants ({found}): this terminal takes no face check-ins. Enrol more people "
        "of the class, or use another pack"
    )
