"""Addresses of signing in without the face, of the own record, of the enrolment pages. Every one wants a press of a
page of ours."""
from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Header, Request, Response
from fastapi.responses import JSONResponse

from edge.terminal.check import CheckPage
from edge.terminal.enrolment import EnrolPage, Press
from edge.terminal.fields import MOST, Short
from edge.terminal.own import OwnPage
from edge.terminal.pins import PinPage

KEY_HEADER = "X-Zaitang-Enrolment"
Field = Annotated[Short, Body(embed=True)]
Key = Annotated[str, Header(alias=KEY_HEADER, max_length=MOST)]
Language = Callable[[Request], Literal["zh", "en"]]


CHECK_HEADER = "X-Zaitang-Check"
CheckKey = Annotated[str, Header(alias=CHECK_HEADER, max_length=MOST)]


def check_routes(page: CheckPage, check: Callable[[Request], None], language: Language) -> APIRouter:
    """What the page of the check asks."""
    routes = APIRouter(prefix="/check", dependencies=[Depends(check)])

    @routes.post("/open")
    def unlock(code: Field) -> dict[str, Any]:
        return {"key": page.unlock(code)}

    @routes.post("/view")
    def view(request: Request, key: CheckKey = "") -> dict[str, Any]:
        return page.view(key, language(request))

    @routes.post("/press")
    def press(request: Request, do: Annotated[Literal["begin", "face"], Body(embed=True)], key: CheckKey = "",
              ) -> dict[str, Any]:
        (page.begin if do == "begin" else page.face)(key)
        return page.view(key, language(request))

    @routes.post("/room")
    def room(key: CheckKey = "") -> Response:
        return Response(page.room(key), media_type="image/jpeg")

    @routes.post("/close")
    def close(key: CheckKey = "") -> JSONResponse:
        page.close(key)
        return JSONResponse({})

    return routes


def pin_routes(page: PinPage, check: Callable[[Request], None], language: Language) -> APIRouter:
    """What the pad of the check-in page asks."""
    routes = APIRouter(prefix="/pin", dependencies=[Depends(check)])

    @routes.post("/people")
    def people() -> dict[str, Any]:
        return page.listing()

    @routes.post("/open")
    def opened(person: Field) -> JSONResponse:
        page.opened(person)
        return JSONResponse({})

    @routes.post("/sign-in")
    def sign_in(
        request: Request, person: Field, pin: Field, instructor: Field = "", instructor_pin: Field = "",
    ) -> dict[str, Any]:
        return page.sign_in(person, pin, instructor or None, instructor_pin or None, language(request))

    @routes.post("/check")
    def check_pin(person: Field, pin: Field) -> JSONResponse:
        page.check(person, pin)
        return JSONResponse({})

    @routes.post("/second")
    def second(person: Field, pin: Field) -> JSONResponse:
        page.second(person, pin)
        return JSONResponse({})

    @routes.post("/leave")
    def leave(person: Field) -> JSONResponse:
        page.leave(person)
        return JSONResponse({})

    @routes.post("/unlock")
    def unlock(person: Field, instructor: Field, instructor_pin: Field) -> JSONResponse:
        page.unlock(person, instructor, instructor_pin)
        return JSONResponse({})

    return routes


def own_routes(page: OwnPage, check: Callable[[Request], None]) -> APIRouter:
    """What “My record” asks."""
    routes = APIRouter(prefix="/own", dependencies=[Depends(check)])

    @routes.post("/face")
    def by_face(attempt: Field) -> dict[str, Any]:
        return page.by_face(attempt)

    @routes.post("/people")
    def people() -> dict[str, Any]:
        return page.listing()

    @routes.post("/pin")
    def by_pin(
        class_id: Annotated[Short, Body(embed=True, alias="class")], person: Field, pin: Field,
    ) -> dict[str, Any]:
        return page.by_pin(class_id, person, pin)

    return routes


def enrol_routes(page: EnrolPage, check: Callable[[Request], None], language: Language) -> APIRouter:
    """What the enrolment pages ask."""
    routes = APIRouter(prefix="/enrol", dependencies=[Depends(check)])

    @routes.post("/classes")
    def classes() -> dict[str, Any]:
        return page.classes()

    @routes.post("/open")
    def unlock(
        class_id: Annotated[Short, Body(embed=True, alias="class")],
        instructor: Field = "", pin: Field = "", code: Field = "",
    ) -> dict[str, Any]:
        return {"key": page.unlock(class_id, instructor, pin, code)}

    @routes.post("/view")
    def view(request: Request, key: Key = "") -> dict[str, Any]:
        return page.view(key, language(request))

    @routes.post("/press")
    def press(
        request: Request, do: Field, person: Field = "", pin: Field = "", old: Field = "", instructor: Field = "",
        instructor_pin: Field = "", inspector: Field = "", code: Field = "", text: Field = "", key: Key = "",
    ) -> dict[str, Any]:
        lang = language(request)
        page.press(key, Press(do, person, pin, old, instructor, instructor_pin, inspector, code, text), lang)
        return page.view(key, lang)

    @routes.post("/close")
    def close(key: Key = "") -> JSONResponse:
        page.close(key)
        return JSONResponse({})

    return routes
