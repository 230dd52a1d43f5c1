"""The API for programs: what it says, to whom, as it is described."""
from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import validator_for

from central.alarms.event import alarm_event
from central.classes.decisions import look_at
from central.dossier.document import COLUMNS, document
from central.store.alarms import Alarmed
from central.web.app import create_app
from central.web.fields import ALARM_EVENT, EVENT, FIELDS, LISTS, OBJECTS
from central.web.openapi import schemas
from central.webhook.events import Summary, event_of, kinds_of, summary_of
from central.wiring import Centre, init_centre
from evidence.bodies import CentreLook, body_of
from tests.central.console import HERE, program
from tests.central.course import AWAY, PEOPLE
from tests.central.dossier.classes import flagged
from tests.central.helpers import FixedClock
from tests.central.site import furnish

PARTS = ("", "/findings", "/attendance", "/decisions")


def test_what_is_told_of_a_class(played: Centre) -> None:
    client = program(played)
    told = client.get("/api/v1/classes/welder-1").json()
    assert (told["verdict"], told["planned_trainees_people"], told["simulated"]) == ("flag", len(PEOPLE), True)
    assert told["as_of"] == "2026-03-03T06:46:00.000000Z", "the last record of the box"
    found = client.get("/api/v1/classes/welder-1/findings?lang=en").json()
    results = {one["rule"]: one["result"] for one in found["findings"]}
    assert (results["R1"], results["R2"], results["R4"], results["O7"]) == (
        "violated", "satisfied", "warning", "satisfied")
    assert found["findings_sha256"] == told["findings_sha256"]
    people = client.get("/api/v1/classes/welder-1/attendance").json()
    names = {one["person"]: one["name"] for one in people["trainees"]}
    assert sorted(names.values()) == sorted(PEOPLE)
    came = [[names[one["person"]] for one in block["presences"] if one["signed_in"]] for block in people["recordings"]]
    assert sorted(came[0]) == sorted(PEOPLE) and all(AWAY not in names for names in came[1:])
    first = [one for one in people["recordings"][0]["presences"] if names[one["person"]] == PEOPLE[0]]
    assert first[0]["in"] == "2026-03-02T00:28:20.000000Z" and first[0]["answer"] == "shown"
    assert client.get("/api/v1/classes/welder-1/decisions").json()["decisions"] == []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, quick_hashes: None) -> Centre:
    pytest.importorskip("av")
    folder = tmp_path_factory.mktemp("api")
    centre = init_centre(folder / "centre", test_keys=True, clock=FixedClock())
    furnish(centre, folder)
    return centre


def test_classes_come_page_by_page(site: Centre) -> None:
    client = program(site)
    found, after, pages = [], "", 0
    while after is not None:
        told = client.get(f"/api/v1/classes?limit=1{'&after=' + after if after else ''}").json()
        found += [one["class"] for one in told["classes"]]
        after, pages = told["next"], pages + 1
    assert found == ["class-a", "class-b", "class-none"] and pages == 3


@pytest.mark.parametrize(("asked", "classes"), [
    ("institution=school-a", ["class-a"]), ("region=411300", ["class-b"]), ("region=410000", ["class-a", "class-b"]),
    ("since=2026-03-03", []), ("until=2026-03-02", ["class-a", "class-b", "class-none"]),
])
def test_classes_are_chosen(site: Centre, asked: str, classes: list[str]) -> None:
    told = program(site, "supervisor", "410000").get(f"/api/v1/classes?{asked}").json()
    assert [one["class"] for one in told["classes"]] == classes and told["next"] is None


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "limit=x", "after=A", "region=4112", "since=yesterday",
                                   "since=2026-03-02&until=2026-03-01", "lang=fr"])
def test_what_is_not_understood_is_one_sentence(site: Centre, asked: str) -> None:
    answer = program(site).get(f"/api/v1/classes?{asked}")
    assert answer.status_code == 422 and len(answer.json()["error"]) > 5


def test_a_program_that_reads_is_on_record_and_counts_as_no_supervision(site: Centre) -> None:
    client = program(site, "supervisor", "411200")
    for part in PARTS:
        client.get(f"/api/v1/classes/class-a{part}")
    with site.store.read() as tx:
        bodies = [body_of(one.record) for one in tx.of_type("look.centre")]
    mine = [one.what for one in bodies if isinstance(one, CentreLook) and one.account == "supervisor-411200"]
    assert mine == ["export"]


def test_without_a_token_that_holds_nothing_is_told(centre: Centre, clock: FixedClock) -> None:
    client = program(centre)
    assert client.get("/api/v1/classes").status_code == 200
    for header in ("", "Bearer", "Bearer zt_x", "Basic eDp4", client.headers["authorization"] + "x"):
        answer = client.get("/api/v1/classes", headers={"authorization": header})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    clock.utc_us += 365 * 24 * 3600 * 10**6
    assert client.get("/api/v1/classes").status_code == 401


# --- the description


def test_every_name_that_is_told_is_described() -> None:
    told = document(flagged(), "en")
    assert set(LISTS["Class"]) | set(COLUMNS) | {"proof"} == set(told)
    names = {name for names in (*COLUMNS.values(), *OBJECTS.values(), *LISTS.values(), EVENT) for name in names}
    assert names <= set(FIELDS)
    assert all(title and words for _, title, words in FIELDS.values())


def test_exports_are_as_described() -> None:
    told, known = document(flagged(), "en"), schemas()
    for name in COLUMNS:
        check = validator_for({"$ref": f"#/components/schemas/{name}.row", "components": {"schemas": known}})
        for row in told[name]:
            check.validate(row)
    validator_for({"$ref": "#/components/schemas/Class", "components": {"schemas": known}}).validate(told)


def test_what_a_webhook_tells_is_as_described(played: Centre) -> None:
    case = look_at(played.store, "welder-1", played.clock.stamp().utc_us)
    check = validator_for({"$ref": "#/components/schemas/Event", "components": {"schemas": schemas()}})
    kinds = kinds_of(Summary(), summary_of(case))
    assert kinds
    for kind in kinds:
        check.validate(json.loads(event_of(kind, case, "centre", 0).body))


def test_an_alarm_that_a_webhook_tells_is_as_described() -> None:
    check = validator_for({"$ref": "#/components/schemas/AlarmEvent", "components": {"schemas": schemas()}})
    for state, class_id, institution in (("said", None, None), ("over", "welder-1", "smx")):
        alarm = Alarmed(0, state, "box.away", "box-1", True, class_id, institution, 0, '{"room":"101"}')  # type: ignore[arg-type]
        told = json.loads(alarm_event(alarm, 7, "centre").body)
        check.validate(told)
        assert set(told) == set(ALARM_EVENT)


def test_the_description_names_only_the_routes_for_programs(site: Centre) -> None:
    told = TestClient(create_app(site), base_url=HERE).get("/api/openapi.json").json()
    assert told["openapi"].startswith("3.1") and list(told["webhooks"]) == ["class", "alarm"]
    assert set(told["paths"]) == {"/api/v1/classes", *(f"/api/v1/classes/{{class_id}}{part}" for part in PARTS)}
    assert told["components"]["schemas"]["Class"]["properties"]["attendance_rate_pct"]["title"] == "到课率"


def test_answers_are_as_described_whatever_is_asked(site: Centre) -> None:
    """Schemathesis: no 5xx, and every answer as the description says; with a token, and without one."""
    client = program(site)
    described: dict[str, Any] = client.get("/api/openapi.json").json()
    for methods in described["paths"].values():  # else hardly any asks for a class that is there
        for one in methods["get"]["parameters"]:
            if one["name"] == "class_id":
                one["schema"]["examples"] = ["class-a", "class-none"]
    schema = schemathesis.openapi.from_dict(described)
    schema.app = client.app
    asked: set[tuple[str, int]] = set()
    for operation in schema.get_all_operations():
        _ask(operation.ok().as_strategy(), client, asked)
    assert {status for _, status in asked} >= {200, 404}


def _ask(strategy: Any, client: TestClient, asked: set[tuple[str, int]]) -> None:
    @given(strategy)
    @settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
              phases=[Phase.explicit, Phase.generate])
    def check(case: Any) -> None:
        answer = case.call_and_validate(
            base_url=HERE, headers={"Authorization": client.headers["authorization"]})
        asked.add((case.operation.path, answer.status_code))

    check()

