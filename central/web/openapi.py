"""How the API is described (OpenAPI 3.1): its routes as they are, their answers from one table of names."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from central.dossier.document import COLUMNS
from central.web.fields import ALARM_EVENT, EVENT, FIELDS, LISTS, OBJECTS

PREFIX = "/api/v1"
VERSION = "1.0.0"
TITLE = "Zaitang 在堂"
SAYS = (
    "What a centre tells programs of its classes. Names are those of docs/exports.md: new ones may be added, none"
    " changes its meaning. Times are UTC; what is not known is null. Every read of a class is on record at the centre.")
ERRORS: Mapping[int, str] = {
    401: "no token, or one that does not hold", 403: "the account may not do this",
    404: "there is no such class within the account's reach", 422: "what was asked for is not understood",
    500: "the class cannot be told; the sentence says why",
}
JSON = "application/json"


def answer(schema: str) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: what it tells, or an error."""
    refused: dict[int | str, dict[str, Any]] = {status: _content(words, "Error") for status, words in ERRORS.items()}
    return {200: _content("as asked for", schema), **refused}


def document(routes: Sequence[BaseRoute], address: str) -> dict[str, Any]:
    """The description. `address`: of the console, with a slash at its end."""
    ours = [one for one in routes if isinstance(one, APIRoute) and one.path.startswith(PREFIX + "/")]
    made = get_openapi(title=TITLE, version=VERSION, description=SAYS, routes=ours,
                       servers=[{"url": address.removesuffix("/")}])
    made["components"] = {
        "schemas": schemas(),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description":
                                      "A token of an account: page “Your account”, or `zaitang-central user token`."}},
    }
    made["security"] = [{"token": []}]
    made["webhooks"] = {
        "class": {"post": _told(
            "tellOfClass", "A class has a flag, a decision, or is over (docs/webhook.md)", "Event")},
        "alarm": {"post": _told("tellOfAlarm", "Something is wrong with a box or the centre (docs/alarms.md)",
                                "AlarmEvent")}}
    return made


def schemas() -> dict[str, Any]:
    """All schemas by name."""
    found = {"Error": _object({"error": {"type": "string", "description": "one sentence that says what to do"}})}
    found |= {name: _object({field: _field(field, name) for field in fields})
              for name, fields in {**OBJECTS, **LISTS}.items()}
    found |= {_row(name): _object({field: _field(field, name) for field in columns})
              for name, columns in COLUMNS.items()}
    found["recordings.people"] = {"allOf": [_ref(_row("recordings")), _object({
        "presences": _many("Presence", "应到学员", "everybody who is due"),
        "teachers": _many("SignedIn", "教师", "instructors of the plan")})]}
    head = {field: _field(field) for field in ("class", "as_of", "simulated")}
    found["ClassPage"] = _object({
        "classes": _many("ListedClass", "班次", "in order of their ids"),
        "next": {"type": ["string", "null"], "title": "下一页", "description": "`after` of the next page"}})
    found["ClassFindings"] = _object({**head, "findings_sha256": _field("findings_sha256"), **_list("findings")})
    found["ClassAttendance"] = _object({
        **head, "attendance_rate_pct": _field("attendance_rate_pct"), **_list("trainees"),
        "recordings": _many("recordings.people", *FIELDS["recordings"][1:])})
    found["ClassDecisions"] = _object({**head, **_list("decisions"), **_list("objections"), **_list("objection_steps"),
                                       **_list("inspections")})
    found["Event"] = _object({field: _field(field, "Event") for field in EVENT})
    found["AlarmEvent"] = _object({field: _field(field, "AlarmEvent") for field in ALARM_EVENT})
    return found


def _told(operation: str, summary: str, schema: str) -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "operationId": operation, "summary": summary,
        "security": [],
        "parameters": [{"name": name, "in": "header", "required": True, "schema": text, "description": words}
                       for name, words in (
                           ("webhook-id", "the id of the event"), ("webhook-timestamp", "seconds since 1970"),
                           ("webhook-signature", "Standard Webhooks 1.0: `v1,` and an HMAC-SHA256"))],
        "requestBody": {"required": True, "content": {JSON: {"schema": _ref(schema)}}},
        "responses": {"2XX": {"description": "taken"},
                      "default": {"description": "it is told again; 400, 413, 415, 422: refused for good"}},
    }


def _content(words: str, schema: str) -> dict[str, Any]:
    return {"description": words, "content": {JSON: {"schema": _ref(schema)}}}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _row(name: str) -> str:
    return f"{name}.row"


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _many(schema: str, title: str, words: str) -> dict[str, Any]:
    return {"type": "array", "title": title, "description": words, "items": _ref(schema)}


def _list(name: str) -> dict[str, Any]:
    _, title, words = FIELDS[name]
    return {name: _many(_row(name), title, words)}


def _field(name: str, within: str = "") -> dict[str, Any]:
    """A field; `within`: the list or object that it stands in."""
    own = f"{within}.{name}"
    kind, title, words = FIELDS[own if own in FIELDS else name]
    return {**_type(kind), "title": title, "description": words}


def _type(kind: str) -> dict[str, Any]:
    if kind.endswith("?"):
        return {"anyOf": [_type(kind[:-1]), {"type": "null"}]}
    if kind.startswith("="):
        return _ref(kind[1:])
    if kind.startswith("*"):
        return {"type": "array", "items": _ref(kind[1:]) if kind[1:] in OBJECTS else {"type": kind[1:]}}
    return {"type": "string", "format": "date-time"} if kind == "string@" else {"type": kind}
