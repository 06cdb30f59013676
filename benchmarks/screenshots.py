"""Pictures of what a user sees of a finished study, in MLflow and in its report: `make screenshots RUNS=runs`.

`python -m benchmarks.screenshots [RUNS] [SWEEP]` needs chromium; the pictures are in build/screenshots, docs/view.md
says what is on them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.entities import Run
from playwright.sync_api import Browser, expect

from tests.end_to_end.browser import Watched, chromium
from tests.end_to_end.mlflow_server import served

FOLDER = Path(__file__).resolve().parents[1] / "build" / "screenshots"
PARAMS, METRICS = ("intermediate", "epochs", "batch_size"), ("log10_flops/intermediate", "gain/high", "gain/low")
WIDTH, HEIGHT = 1500, 950


def main() -> None:
    runs = Path(sys.argv[1] if len(sys.argv) > 1 else "runs").absolute()
    sweep = sys.argv[2] if len(sys.argv) > 2 else "demo"
    uri = f"sqlite:///{runs / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=uri)
    with TemporaryDirectory() as folder, served(uri, Path(folder)) as address, chromium() as browser:
        _points(browser, address, client, sweep)
        _phase(browser, address, client, sweep)
        _models(browser, address, client)
        _report(browser, runs / "reports" / sweep)


def _points(browser: Browser, address: str, client: MlflowClient, sweep: str) -> None:
    experiment, points = _runs(client, sweep)
    with _page(browser, address) as watched:
        watched.open(f"/experiments/{experiment}/runs")
        expect(watched.page.get_by_text(f"{len(points)} matching runs")).to_be_visible()
        watched.columns((*PARAMS, *METRICS))
        _keep(watched, "experiment")
        watched.compare(experiment, [run.info.run_id for run in points])
        watched.parallel(PARAMS, METRICS)
        _keep(watched, "parallel_coordinates")
        watched.axes("Scatter Plot", METRICS[0], "gain/low")
        _keep(watched, "scatter_low")
        watched.axes("Scatter Plot", METRICS[0], "gain/high")
        _keep(watched, "scatter_high")
        watched.axes("Box Plot", "epochs", "gain/low")
        _keep(watched, "box")


def _phase(browser: Browser, address: str, client: MlflowClient, sweep: str) -> None:
    """The longest phase: its curves, and its host where that was sampled."""
    experiment, phases = _runs(client, f"{sweep}/phases")
    longest = max(phases, key=lambda run: (run.info.end_time or inf) - run.info.start_time).info.run_id
    with _page(browser, address) as watched:
        for tab in ("model", "system"):
            watched.open(f"/experiments/{experiment}/runs/{longest}/{tab}-metrics")
            watched.page.wait_for_timeout(5000)  # charts come one after another
            _keep(watched, f"phase_{tab}")


def _models(browser: Browser, address: str, client: MlflowClient) -> None:
    for version in client.search_model_versions():
        with _page(browser, address) as watched:
            watched.open(f"/models/{version.name}/versions/{version.version}")
            expect(watched.page.get_by_text("Description").first).to_be_visible()
            _keep(watched, f"model_{version.name}")


def _report(browser: Browser, folder: Path) -> None:
    file = (folder / "report.html").as_uri()
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, offline=True, viewport={"width": WIDTH, "height": HEIGHT})
        watched = Watched(context.new_page(), file)
        watched.page.goto(file)
        _keep(watched, f"report_{scheme}")
        watched.page.screenshot(path=FOLDER / f"report_{scheme}_whole.png", full_page=True)
        context.close()


@contextmanager
def _page(browser: Browser, address: str) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    yield Watched(context.new_page(), address)
    context.close()


def _runs(client: MlflowClient, name: str) -> tuple[str, list[Run]]:
    found = client.get_experiment_by_name(name)
    if found is None:
        sys.exit(f"there is no experiment '{name}' in this MLflow; `harness sync` writes it")
    return str(found.experiment_id), list(client.search_runs([found.experiment_id]))


def _keep(watched: Watched, name: str) -> None:
    watched.picture(FOLDER / f"{name}.png")
    print(FOLDER / f"{name}.png", *watched.errors, *watched.outside, flush=True)


if __name__ == "__main__":
    main()
