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
