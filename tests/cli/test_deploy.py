"""What runs a session as a service is checked by what will read it: systemd, the compose schema, the program itself."""

from __future__ import annotations

import importlib.resources
import json
import re
import shlex
import shutil
import subprocess
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from spymaster.bus.gateway.metrics import MetricsText
from spymaster.bus.metrics.process_figures import add_process
from spymaster.cli.deploy.bundle import bundle
from spymaster.cli.live.metrics import session_figures
from spymaster.cli.main import app
from spymaster.config.loader import load_config
from tests.cli.conftest import Run, one_line
from tests.cli.test_metrics import recording
from tests.support import blocks
from tests.support.exposition import families

UNITS = bundle("systemd", {"@PROGRAM@": "/bin/true", "@USER@": "root"})
COMPOSE = bundle("compose", {})
FILE = yaml.safe_load(COMPOSE["compose.yaml"])
_NOW = re.compile(r"\$\$\(date [^)]*\)")
ROLES = ("ingest", "core", "lake", "gateway")


@pytest.mark.parametrize("name", sorted(UNITS))
def test_systemd_finds_nothing_wrong_with_a_unit(tmp_path: Path, name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this system has no systemd-analyze")
    (tmp_path / name).write_text(UNITS[name], encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Failed to" in done.stderr and "bus" in done.stderr:
        pytest.skip("this system does not let systemd-analyze run")
    assert (done.returncode, [line for line in done.stderr.splitlines() if name in line]) == (0, [])


def test_every_unit_of_a_session_says_that_it_is_ready_and_answers_the_watchdog() -> None:
    for name, text in UNITS.items():
        watched = "gateway" not in name
        assert ("Type=notify" in text) is watched, name
        assert ("WatchdogSec=" in text) is watched, name
        assert "TimeoutStopSec=180" in text
        assert "@" not in text.replace("spymaster@", "")


def test_every_unit_serves_its_figures_to_this_machine_at_a_port_of_its_own() -> None:
    found = [
        re.findall("^Environment=SPYMASTER_METRICS=127.0.0.1:(.*)$", text, re.MULTILINE) for text in UNITS.values()
    ]
    assert sorted(port for ports in found for port in ports) == ["9464", "9465", "9466", "9467", "9468"]


def test_the_compose_file_is_as_its_published_schema_says() -> None:
    pytest.importorskip("check_jsonschema")
    schemas = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(FILE)


def test_every_service_has_a_health_check_and_is_no_root_with_a_free_hand() -> None:
    for name, service in FILE["services"].items():
        assert service["healthcheck"]["test"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for role in ROLES:
        assert FILE["services"][role]["read_only"] is True
        assert FILE["services"][role]["user"] == "10001:10001"


def test_every_file_that_is_mounted_is_there_and_no_secret_is_written_down() -> None:
    for service in FILE["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source.removeprefix("./") in COMPOSE if source.startswith("./") else source in FILE["volumes"]
        for variable, value in service.get("environment", {}).items():
            if re.search("TOKEN|PASSWORD|KEY", variable):
                assert value.startswith("${"), variable


def commands() -> list[tuple[str, list[str]]]:
    """Every command line of the program in units and containers."""
    found = []
    for name, text in UNITS.items():
        [line] = re.findall("^ExecStart=(.*)$", text, re.MULTILINE)
        words = shlex.split(_NOW.sub("now", line))
        found.append((name, (shlex.split(words[-1])[1:] if words[0] == "/bin/sh" else words)[1:]))
    for role in ROLES:
        given = FILE["services"][role]["command"]
        line = _NOW.sub("now", given[0]).removeprefix("exec spymaster-tui ")
        words = shlex.split(line) if len(given) == 1 else given
        found.append((role, [word for word in words if not word.startswith("${")]))
    return found


@pytest.mark.parametrize(("name", "words"), commands())
def test_the_program_understands_the_command_of(name: str, words: list[str]) -> None:
    root: Any = typer.main.get_command(app)
    assert words[:3] == ["--config", "/etc/spymaster/config.toml", "run"], name
    parent = root.make_context("spymaster-tui", [], resilient_parsing=True)
    given = root.commands["run"].make_context("run", words[3:], parent=parent).params
    assert given["role"] in (None, *ROLES)
    assert str(given["out"]).startswith(("/var/lib/spymaster/", "/data/"))


def queries(of: str = "") -> set[str]:
    """Every metric that the dashboard shows and the rules look at; ``of``: with this among its labels."""
    board = json.loads(COMPOSE["grafana/dashboard.json"])
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [rule["expr"] for group in yaml.safe_load(COMPOSE["alerts.yml"])["groups"] for rule in group["rules"]]
    labelled = r"\{[^}]*" + of if of else ""
    return set(re.findall(rf"(spymaster_\w+){labelled}", " ".join(asked)))


def test_every_metric_that_is_asked_for_is_one_that_a_role_has(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    from spymaster.bus.gateway.bind import GatewayPlan
    from spymaster.bus.socket.places import own_folder
    from spymaster.signals.feed_words import FeedWords
    from tests.support.bus import CONFIG, served, until

    def there() -> set[str]:
        assert serving.address is not None
        with urllib.request.urlopen(f"http://127.0.0.1:{serving.address[1]}/metrics") as answer:
            return set(families(answer.read().decode()))

    with served(own_folder(tmp_path / "run"), GatewayPlan("127.0.0.1", 0)) as (_, serving):
        serving.begins(CONFIG, FeedWords())
        serving.on_block(blocks.block([blocks.level()], alerts=[blocks.alert()]))
        until(lambda: "spymaster_alerts_raised_total" in there(), "the alert")
        of_gateway = there()
    text = MetricsText()
    add_process(text, "core", "1", 1.0)
    session_figures(None, lambda: recording(tmp_path))(text)
    of_roles = set(families(text.text()))
    assert queries() - of_gateway - of_roles == set()
    assert queries('job="spymaster"') - of_gateway == set()
    assert queries('job="roles"') - of_roles == set()
    assert len(queries()) > 25


def test_every_process_with_figures_is_asked_for_them_with_the_token() -> None:
    jobs = {job["job_name"]: job for job in yaml.safe_load(COMPOSE["prometheus.yml"])["scrape_configs"]}
    port = load_table("metrics").rpartition(":")[2]
    assert jobs["roles"]["static_configs"][0]["targets"] == [f"{role}:{port}" for role in ROLES]
    for job in jobs.values():
        assert job["authorization"]["credentials_file"] == "/run/secrets/gateway_token"
    for role in ROLES:
        assert "SPYMASTER_GATEWAY_TOKEN" in FILE["services"][role]["environment"]
        assert FILE["services"][role]["networks"][0] == "bus"


def load_table(name: str) -> str:
    """Where a table of the settings listens."""
    return str(tomllib.loads(COMPOSE["config.toml"])[name]["listen"])


def test_every_rule_names_its_query_and_says_in_words_what_is_wrong() -> None:
    [group] = yaml.safe_load(COMPOSE["alerts.yml"])["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names))
    for rule in group["rules"]:
        assert set(rule) <= {"alert", "expr", "for", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_what_a_container_says_is_kept_to_a_size() -> None:
    for name, service in FILE["services"].items():
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name


def test_grafana_s_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(COMPOSE["grafana/dashboard.json"])["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_settings_that_go_with_it_are_settings_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(COMPOSE["config.toml"], encoding="utf-8")
    assert load_config(tmp_path / "config.toml").nats.url == "nats://nats:4222"


def test_files_are_written_and_one_that_was_changed_is_left_alone(run: Run, tmp_path: Path) -> None:
    out: Any = tmp_path / "here"
    assert run("deploy", "compose", "--out", out).exit_code == 0
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == set(COMPOSE)
    assert run("deploy", "compose", "--out", out).exit_code == 0
    (out / "config.toml").write_text("mine", encoding="utf-8")
    refused = run("deploy", "compose", "--out", out)
    assert refused.exit_code == 2
    assert "is there and differs" in one_line(refused.stderr)


def test_units_are_for_the_program_and_the_user_that_were_named(run: Run) -> None:
    printed = run("deploy", "systemd", "--program", "/srv/bin/spymaster-tui", "--user", "desk").stdout
    assert printed.count("User=desk") == len(UNITS)
    assert printed.count("/srv/bin/spymaster-tui --config") == len(UNITS)


@pytest.mark.parametrize("asked", [("--program", "bin/spymaster tui"), ("--user", "a b")])
def test_what_would_break_a_unit_is_refused(run: Run, asked: tuple[str, str]) -> None:
    refused = run("deploy", "systemd", *asked)
    assert refused.exit_code == 2
    assert asked[1] in one_line(refused.stderr)
