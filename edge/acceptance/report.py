"""The figures as sentences for the person who runs the test, with what so few people do not prove."""
from __future__ import annotations

from common.texts import translate
from edge.acceptance.attacks import Attacks
from edge.acceptance.identify import Identification
from edge.acceptance.shares import FEW, Share


def identify_lines(found: Identification, lang: str) -> list[str]:
    """What to print about a gallery."""
    threshold = found.threshold
    lines = [_threshold(found, lang)]
    if threshold.fpir_ppm is not None:
        lines.append(translate(
            "as the enrolled people tell, {percent} % of strangers will be taken for somebody", lang,
            percent=_percent(threshold.fpir_ppm / 1e6)))
    lines += _shares({"rank-1": found.rank1, "FNIR": found.fnir, "FPIR": found.fpir}, lang)
    if found.fnir is None:
        lines.append(translate("no probe shows an enrolled person: FNIR was not measured", lang))
    if found.fpir is None:
        lines.append(translate("no probe shows a stranger: FPIR was not measured", lang))
    if found.no_face:
        lines.append(translate(
            "photos in which no face was found: {count}; they name nobody", lang, count=found.no_face))
    return lines


def liveness_lines(found: Attacks, lang: str) -> list[str]:
    """What to print about a liveness test."""
    silent = found.silent if found.silent is not None and found.silent.hits else None
    apcer = {f"APCER {name}": one for name, one in found.apcer.items()}
    return _shares({**apcer, "BPCER": found.bpcer, translate("non-response", lang): silent}, lang)


def _threshold(found: Identification, lang: str) -> str:
    threshold = found.threshold
    if threshold.source == "gallery":
        return translate("threshold {value}, calibrated on {people} enrolled people", lang,
                         value=f"{threshold.ppm / 1e6:.3f}", people=threshold.people)
    return translate(
        "threshold {value} from the manifest: {people} enrolled people are too few to calibrate it", lang,
        value=f"{threshold.ppm / 1e6:.3f}", people=threshold.people)


def _shares(shares: dict[str, Share | None], lang: str) -> list[str]:
    lines = []
    for name, one in shares.items():
        if one is None:
            continue
        lines.append(translate(
            "{name} {percent} % ({hits} of {of}; 95 %: {low} to {high} %)", lang, name=name,
            percent=_percent(one.value), hits=one.hits, of=one.of, low=_percent(one.low), high=_percent(one.high)))
    units = min((one.units for one in shares.values() if one is not None), default=FEW)
    if units < FEW:
        lines.append(translate(
            "so few people or clips ({units}) give a first impression and prove nothing: mind the intervals", lang,
            units=units))
    return lines


def _percent(value: float) -> str:
    return f"{value * 100:.2f}".rstrip("0").rstrip(".")
