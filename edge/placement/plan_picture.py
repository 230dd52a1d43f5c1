"""Draws a room from above and from the side: cameras, what they see, and each seat as it will be seen. No faces.

Verdicts differ by shape and fill, not by colour alone; the number in a seat is the width of its face in pixels.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle

from common.texts import N_, translate
from edge.drawing import figure_files
from edge.placement.judge import VERDICTS, Needs, Seen, Verdict, eye_of, reach_m
from edge.placement.report import VERDICT_WORDS
from edge.placement.room import Camera, Room

STYLES: dict[Verdict, tuple[str, str, str, str]] = {
    "identified": ("o", "#1b7f4b", "#1b7f4b", "white"), "counted": ("s", "white", "#8a5a00", "#8a5a00"),
    "unseen": ("X", "white", "#b3261e", "#b3261e")}
"""Marker, fill, edge, colour of the number."""
VIEWS = ("#1f5f99", "#7a3fa0", "#0b7a75", "#a04a1f", "#5a5a5a", "#94305f", "#3f6f1f", "#26348b")
LETTERS = "ABCDEFGH"
"""What the cameras are called in the picture."""
GREY = "#8a8f98"
WIDE_IN, HIGH_IN = 7.6, 6.4
"""Width of the figure, and the most that the plan is high."""
LINE_IN, WIDEST_LEGEND = 0.17, 110
"""Height of a line of the legend, and how many letters are in the widest one."""
MARKS, LARGEST_MARK = 1.4, 3.1
"""Half a seat's mark, and the largest mark, in sizes of the number in it."""
FROM_ABOVE = N_("from above")
FROM_SIDE = N_("from the side: of each row its worst seat")
BOARD = N_("board")
HIDDEN = N_("may be hidden")
NAMED_UP_TO = N_("identified up to here")
TITLE = N_("{room}: {count} of {of} seats identifiable with {pack}")
ROOM = N_("room")
NUMBER = N_("number: width of the face in px; smaller: row-seat")


def plan_picture(room: Room, needs: Needs, seen: Sequence[Seen], lang: str, ending: str) -> bytes:
    """An SVG or PNG, as `ending` says."""
    size = room.room
    plan_in = min(HIGH_IN, WIDE_IN * (size.depth_m + 0.9) / (size.width_m + 0.6))
    side_in = min(HIGH_IN / 2, WIDE_IN * (size.height_m + 0.6) / (size.depth_m + 0.9))
    handles = _legend(room, lang)
    columns = max(1, min(3, WIDEST_LEGEND // max(_width(str(one.get_label())) for one in handles)))
    figure = Figure((WIDE_IN, plan_in + side_in + 1.36 + LINE_IN * -(-len(handles) // columns)), layout="constrained")
    above, side = figure.subplots(2, 1, height_ratios=(plan_in, side_in))
    count = sum(one.verdict == "identified" for one in seen)
    figure.suptitle(translate(TITLE, lang, room=size.name or translate(ROOM, lang), count=count, of=len(seen),
                              pack=needs.pack), fontsize=11, parse_math=False)
    _above(above, room, needs, seen, lang, _font(seen, 72 * plan_in / (size.depth_m + 0.9)))
    _side(side, room, needs, seen, lang)
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=8)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure_files(figure, (ending,))[ending]


def _above(axes: Axes, room: Room, needs: Needs, seen: Sequence[Seen], lang: str, font: float) -> None:
    size = room.room
    _walls(axes, size.width_m, size.depth_m, translate(FROM_ABOVE, lang))
    axes.set_ylim(size.depth_m + 0.3, -0.6)
    width = min(3.0, size.width_m * 0.6)
    axes.add_patch(Rectangle(((size.width_m - width) / 2, -0.16), width, 0.16, facecolor="#2d3b45"))
    axes.text(size.width_m / 2, -0.2, translate(BOARD, lang), ha="center", va="bottom", fontsize=7)
    for index, camera in enumerate(room.cameras):
        _view(axes, camera, needs, VIEWS[index], size.width_m, size.depth_m)
    for one in seen:
        _seat(axes, one, one.seat.x_m, one.seat.y_m, font)
        axes.annotate(f"{one.seat.row}-{one.seat.number}", (one.seat.x_m, one.seat.y_m), xytext=(0, -font * MARKS - 1),
                      textcoords="offset points", ha="center", va="top", fontsize=font * 0.65, color=GREY)
    for index, camera in enumerate(room.cameras):
        _camera(axes, index, camera.x_m, camera.y_m)


def _side(axes: Axes, room: Room, needs: Needs, seen: Sequence[Seen], lang: str) -> None:
    size = room.room
    _walls(axes, size.depth_m, size.height_m, translate(FROM_SIDE, lang))
    axes.set_ylim(-0.15, size.height_m + 0.3)
    for index, camera in enumerate(room.cameras):
        _side_view(axes, camera, VIEWS[index], size.depth_m, size.height_m)
    worst_last = sorted(seen, key=lambda one: VERDICTS.index(one.verdict), reverse=True)
    for row in {one.seat.row: one for one in worst_last}.values():
        axes.plot([row.seat.y_m] * 2, [0, row.seat.eyes_m], color=GREY, linewidth=1, zorder=2)
        _seat(axes, row, row.seat.y_m, row.seat.eyes_m, 6.0, number=str(row.seat.row))
    for index, camera in enumerate(room.cameras):
        _camera(axes, index, camera.y_m, camera.height_m)


def _walls(axes: Axes, width: float, height: float, title: str) -> None:
    axes.add_patch(Rectangle((0, 0), width, height, fill=False, edgecolor="black", linewidth=1.4))
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xlim(-0.3, width + 0.3)
    axes.set_aspect("equal")
    axes.tick_params(labelsize=7, length=2)
    axes.set_xlabel("m", fontsize=7)
    axes.spines[:].set_visible(False)


def _view(axes: Axes, camera: Camera, needs: Needs, colour: str, width: float, depth: float) -> None:
    """The field of view on the floor plan, cut at the walls, and the arc up to which faces are identified."""
    middle = np.arctan2(camera.at_y_m - camera.y_m, camera.at_x_m - camera.x_m)
    angles = middle + np.radians(np.linspace(-camera.horizontal_deg / 2, camera.horizontal_deg / 2, 61))
    rays = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    at = np.array([camera.x_m, camera.y_m])
    far = 2 * float(np.hypot(width, depth))
    _wedge(axes, at, rays, far, colour, 0.07, (width, depth))
    drop = abs(camera.height_m - camera.at_height_m)
    reach = float(np.sqrt(max(0.0, reach_m(camera, needs)[0] ** 2 - drop**2)))
    arc = at + rays * reach
    inside = ((arc >= 0) & (arc <= (width, depth))).all(axis=1)
    axes.plot(np.where(inside, arc[:, 0], np.nan), np.where(inside, arc[:, 1], np.nan), color=colour, linewidth=1.3,
              linestyle="--", zorder=3)


def _wedge(
    axes: Axes, at: np.ndarray, rays: np.ndarray, far: float, colour: str, alpha: float, walls: tuple[float, float]
) -> None:
    shape = Polygon(np.vstack([at, at + rays * far]), facecolor=colour, edgecolor=colour, alpha=alpha, zorder=1)
    axes.add_patch(shape)
    shape.set_clip_path(Rectangle((0, 0), *walls, transform=axes.transData))


def _side_view(axes: Axes, camera: Camera, colour: str, depth: float, height: float) -> None:
    """The vertical angle, as it lies in the camera's own upright plane, laid onto the side of the room."""
    eye = eye_of(camera)
    half = np.arctan(camera.height_px / 2 / eye.focal_px)
    ahead = float(np.hypot(camera.at_x_m - camera.x_m, camera.at_y_m - camera.y_m))
    middle = np.arctan2(camera.at_height_m - camera.height_m, ahead)
    way = 1.0 if camera.at_y_m >= camera.y_m else -1.0
    angles = middle + np.linspace(-half, half, 21)
    rays = np.stack([way * np.cos(angles), np.sin(angles)], axis=1)
    _wedge(axes, np.array([camera.y_m, camera.height_m]), rays, 2 * (depth + height), colour, 0.07, (depth, height))


def _seat(axes: Axes, one: Seen, x: float, y: float, font: float, number: str | None = None) -> None:
    marker, fill, edge, ink = STYLES[one.verdict]
    side = font * (LARGEST_MARK if one.verdict == "unseen" else 2.5)
    axes.plot([x], [y], marker=marker, markersize=side, markerfacecolor=fill, markeredgecolor=edge,
              markeredgewidth=1.1, linestyle="none", zorder=5)
    axes.text(x, y, number or str(int(one.face_px)), ha="center", va="center_baseline", fontsize=font, color=ink,
              zorder=6)
    if one.hidden_by is not None and number is None:
        axes.plot([x], [y], marker="o", markersize=side * 1.35, markerfacecolor="none", markeredgecolor="black",
                  markeredgewidth=0.9, linestyle=":", zorder=5)


def _camera(axes: Axes, index: int, x: float, y: float) -> None:
    """By its letter: names would lie on each other and on seats, and stand in the legend."""
    axes.plot([x], [y], marker="D", markersize=10, color=VIEWS[index], zorder=7)
    axes.text(x, y, LETTERS[index], ha="center", va="center_baseline", fontsize=6.5, color="white", zorder=8)


def _font(seen: Sequence[Seen], points_per_m: float) -> float:
    """Points: as large as the narrowest gap between seats leaves, and no larger than is needed."""
    places = np.array([[one.seat.x_m, one.seat.y_m] for one in seen])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float(np.clip(apart.min() * points_per_m / (LARGEST_MARK + 0.4), 2, 7))


def _width(text: str) -> int:
    """In letters of the Latin alphabet."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _legend(room: Room, lang: str) -> list[Line2D]:
    handles = [
        Line2D([], [], marker=STYLES[verdict][0], markersize=9, markerfacecolor=STYLES[verdict][1],
               markeredgecolor=STYLES[verdict][2], linestyle="none", label=translate(VERDICT_WORDS[verdict], lang))
        for verdict in reversed(VERDICTS)]
    return [
        *handles,
        Line2D([], [], marker="o", markersize=11, markerfacecolor="none", markeredgecolor="black", linestyle="none",
               label=translate(HIDDEN, lang)),
        Line2D([], [], color=VIEWS[0], linestyle="--", label=translate(NAMED_UP_TO, lang)),
        Line2D([], [], linestyle="none", label=translate(NUMBER, lang)),
        *(Line2D([], [], marker="D", markersize=8, color=VIEWS[index], linestyle="none",
                 label=f"{LETTERS[index]}: {camera.name}") for index, camera in enumerate(room.cameras)),
    ]
