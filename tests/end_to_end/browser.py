"""A headless Chromium, and pages of a study in MLflow as a user finds the way on them."""

import io
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.image import imread
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect, sync_playwright

from tests.end_to_end.browsers import CHROMIUM

QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
COLOURED = 0.3  # difference of red, green and blue, of 1
PATIENCE = 60_000  # milliseconds
expect.set_options(timeout=PATIENCE)
# As a user leaves it: the assistant's panel closed, which opens on the first visit, and the menu that of training.
CLOSED = "localStorage['mlflow.assistant.fab.autoOpenedOnFirstLoad_v1'] = 'true'"
TRAINING = "localStorage['mlflow.workflowType_v1'] = '\"machine_learning\"'"
NOT_THERE = "/users/current"  # which MLflow's pages ask for on a server without accounts
# Answers are looked at themselves; a page that draws anew while it is measured measures again.
HARMLESS = ("Failed to load resource", "ResizeObserver loop completed with undelivered notifications")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, with what it asked for outside of `address`, and what it complained of."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.add_init_script(f"{CLOSED}; {TRAINING}")
        self.page.on("request", self._asked)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("response", self._answered)

    def open(self, route: str) -> None:
        """A page of MLflow's by its route, such as `/experiments/1/runs`."""
        self.page.goto(f"{self.address}/#{route}")

    def compare(self, experiment: str, runs: Sequence[str]) -> None:
        """The comparison of these runs."""
        chosen = json.dumps(list(runs)).replace(" ", "")
        self.open(f"/compare-runs?runs={chosen}&experiments={json.dumps([experiment])}")
        self.page.get_by_role("tab", name="Parallel Coordinates Plot").wait_for()

    def parallel(self, params: Sequence[str], metrics: Sequence[str]) -> Locator:
        """Parallel coordinates of these; gives the drawing."""
        self.page.get_by_role("tab", name="Parallel Coordinates Plot").click()
        self.page.get_by_role("button", name="Clear All").click()
        for box, names in zip(self.page.get_by_role("combobox").all(), (params, metrics), strict=True):
            for name in names:
                box.click()
                box.fill(name)
                box.press("Enter")
            box.press("Escape")
        drawing = self.page.locator(".js-plotly-plot")
        expect(drawing.locator(".parcoords-line-layers canvas, canvas").first).to_be_visible()
        for name in (*params, *metrics):
            expect(drawing.get_by_text(name, exact=True)).to_be_visible()
        return drawing

    def axes(self, chart: str, x: str, y: str) -> Locator:
        """The scatter or box plot of these two; gives the drawing."""
        self.page.get_by_role("tab", name=chart).click()
        for axis, name in (("x", x), ("y", y)):
            self.page.locator(f"#{axis}-axis-selector").click()
            self.page.get_by_role("option", name=name, exact=True).click()
        drawing = self.page.locator(".js-plotly-plot")
        for name in (x, y):
            expect(drawing.get_by_text(name, exact=True).first).to_be_visible()
        return drawing

    def columns(self, names: Sequence[str]) -> None:
        """Show these params and metrics in the table of runs, in place of what it has by default."""
        self.page.get_by_role("button", name="Columns").click()
        for name in ("Dataset", "Source", "Models", *names):  # the first three are there, and go
            self.page.get_by_placeholder("Search columns").fill(name)
            whole = re.compile(f"^{re.escape(name)}$")  # a part of another name is in an element of its own, too
            self.page.get_by_role("dialog").locator("[title]").filter(has_text=whole).first.click()
        self.page.keyboard.press("Escape")

    def picture(self, path: Path) -> None:
        """Kept as PNG, once nothing moves any more."""
        self.page.wait_for_timeout(1000)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.outside.append(request.url)

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.url.endswith(NOT_THERE):
            self.errors.append(f"{response.status} {response.url}")

    def _said(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not any(words in said.text for words in HARMLESS):
            self.errors.append(said.text)


def drawn(drawing: Locator, marks: str) -> int:
    """How many of its marks have a shape of some size."""
    paths = drawing.locator(marks).evaluate_all("all => all.map(each => each.getAttribute('d') || '')")
    return sum(bool(re.search("[1-9]", path)) for path in paths)


def painted(drawing: Locator) -> bool:
    """Whether there are coloured lines: those of parallel coordinates are on a canvas that tells nothing of itself."""
    pixels = imread(io.BytesIO(drawing.screenshot()))[..., :3]
    return int(((pixels.max(axis=-1) - pixels.min(axis=-1)) > COLOURED).sum()) > 100
