"""What a user sees in a real browser: MLflow's experiment page, its comparison of Points, and the report on its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.browsers import NEEDS_CHROMIUM, installed

if not installed():
    pytest.skip(NEEDS_CHROMIUM, allow_module_level=True)

from mlflow import MlflowClient
from playwright.sync_api import Browser, expect

from harness.analysis.report.report import write
from harness.run.track.results import results
from tests.end_to_end.browser import Watched, chromium, drawn, painted
from tests.end_to_end.mlflow_server import served
from tests.unit.conftest import made_results, made_study
from tests.unit.run.track.folder import Tracked, write_runs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots" / "made_up"
SWEEP = """
name: seen
models: [xlm_r/base]
intermediate: [anli, squad_v2]
epochs: [1, 2]
batch_size: [8, 16]
hold: epochs
targets: [{task: udpos, languages: [en, af, de, yo]}, {task: panx, languages: [en, af, de, yo]}]
seeds: [1, 2]
"""
NAMED = "e => e.tagName + ' ' + (e.id || e.textContent.trim().slice(0, 60))"
PARAMS, METRICS = ("epochs", "batch_size"), ("gain/low", "flops/intermediate")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Tracked:
    """A finished run folder with its report, projected into a database."""
    planned, runs = made_study(SWEEP), tmp_path_factory.mktemp("seen")
    write_runs(runs, planned, made_results(planned))
    made = Tracked(runs, planned)
    write(results(runs, planned, None), runs / "reports" / "seen")
    made.sync()
    made.sync_report()
    return made


@pytest.fixture(scope="module")
def address(study: Tracked) -> Iterator[str]:
    with served(study.uri, study.runs) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def mlflow(browser: Browser, address: str) -> Iterator[Watched]:
    """A page on the server that asks for nothing outside of it, and meets no error."""
    context = browser.new_context(viewport={"width": 1500, "height": 950})
    watched = Watched(context.new_page(), address)
    yield watched
    context.close()
    assert watched.outside == []
    assert watched.errors == []


def experiment(study: Tracked, name: str = "seen") -> tuple[str, dict[str, str]]:
    """The id of an experiment, and its runs' names by their ids."""
    client = MlflowClient(tracking_uri=study.uri)
    found = client.get_experiment_by_name(name).experiment_id
    return found, {run.info.run_id: run.info.run_name for run in client.search_runs([found])}


def test_the_experiment_lists_the_points_and_says_what_it_holds(study: Tracked, mlflow: Watched) -> None:
    found, names = experiment(study)
    assert len(names) == len(study.study.points) > 10
    mlflow.open(f"/experiments/{found}/runs")
    expect(mlflow.page.get_by_text(f"{len(names)} matching runs")).to_be_visible()
    for name in list(names.values())[:5]:
        expect(mlflow.page.get_by_role("link", name=name).first).to_be_visible()
    mlflow.columns((*PARAMS, *METRICS))
    for name in (*PARAMS, *METRICS):
        expect(mlflow.page.get_by_role("columnheader", name=name).first).to_be_visible()
    mlflow.picture(SCREENSHOTS / "experiment.png")


def test_parallel_coordinates_draw_our_params_and_metrics(study: Tracked, mlflow: Watched) -> None:
    found, names = experiment(study)
    mlflow.compare(found, list(names))
    drawing = mlflow.parallel(PARAMS, METRICS)
    mlflow.picture(SCREENSHOTS / "parallel_coordinates.png")
    assert painted(drawing), "lines on the canvas"
    assert drawing.locator(".axis .domain, .axis path").count() >= len(PARAMS + METRICS)


def test_a_scatter_plot_draws_them_too(study: Tracked, mlflow: Watched) -> None:
    found, names = experiment(study)
    mlflow.compare(found, list(names))
    drawing = mlflow.axes("Scatter Plot", "flops/intermediate", "gain/low")
    mlflow.picture(SCREENSHOTS / "scatter.png")
    assert painted(drawing)


def test_a_box_plot_has_a_box_for_each_amount(study: Tracked, mlflow: Watched) -> None:
    found, names = experiment(study)
    mlflow.compare(found, list(names))
    drawing = mlflow.axes("Box Plot", "epochs", "gain/low")
    mlflow.picture(SCREENSHOTS / "box.png")
    gained = {point.at.amount for point in study.study.points if point.at.amount}
    assert drawn(drawing, "path.box") == len(gained)


def test_a_phase_has_its_curves(study: Tracked, mlflow: Watched) -> None:
    found, names = experiment(study, "seen/phases")
    mlflow.open(f"/experiments/{found}/runs/{next(iter(names))}/model-metrics")
    mlflow.page.get_by_placeholder("Search metric charts").fill("loss")
    expect(mlflow.page.get_by_role("heading", name="loss", exact=True)).to_be_visible()
    expect(mlflow.page.locator(".js-plotly-plot .scatterlayer path.js-line").first).to_be_attached()
    mlflow.picture(SCREENSHOTS / "phase.png")


@pytest.fixture(params=["light", "dark"])
def report(request: pytest.FixtureRequest, browser: Browser, study: Tracked) -> Iterator[Watched]:
    """The report as a file, without a network."""
    context = browser.new_context(color_scheme=request.param, offline=True, viewport={"width": 1200, "height": 900})
    file = (study.runs / "reports" / "seen" / "report.html").as_uri()
    watched = Watched(context.new_page(), file)
    watched.page.goto(file)
    yield watched
    context.close()
    assert watched.outside == []
    assert watched.errors == []


def test_the_report_is_whole_without_a_network_in_light_and_dark(report: Watched) -> None:
    page = report.page
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    shade = sum(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"))
    assert (shade < 3 * 64) if dark else (shade > 3 * 192)
    assert page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("svg").count() >= 1, "figures are in the page"
    broken = page.locator("img").evaluate_all("all => all.filter(each => !each.complete || !each.naturalWidth).length")
    assert broken == 0
    page.screenshot(path=_kept(f"report_{'dark' if dark else 'light'}.png"), full_page=True)


def test_the_report_is_read_by_keyboard(report: Watched) -> None:
    """Every stop of the Tab key is seen, and whatever scrolls sideways is one."""
    page = report.page
    stops: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):  # once around
            break
        stops.append(page.evaluate(f"({NAMED})(document.activeElement)"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", stops[-1]
    assert "skip" in stops[0].lower(), "past the contents in one step"
    assert sum(stop.startswith("SUMMARY") for stop in stops) == page.locator("summary:visible").count()
    assert any(stop.endswith("scores.csv") for stop in stops)
    hidden = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => e.scrollWidth > e.clientWidth + 1"
        " && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0).length"
    )
    assert hidden == 0


def _kept(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / name
