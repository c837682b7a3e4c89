"""The page in a real browser: what a reader clicks does what it says, and nothing is loaded from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ppgn_bench.report.build import build
from ppgn_bench.report.words.numbers import number
from ppgn_bench.storage import files
from tests.example_results import save_claims, save_map, save_results

playwright = pytest.importorskip("playwright.sync_api")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs Chromium or Chrome")

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("results") / "example"
    manifest = save_results(root, datasets=("digits",))
    save_map(root)
    save_claims(root)
    return build(root, manifest)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


class Opened:
    """A page, and what went wrong or over the network while it was open."""

    def __init__(self, browser, report: Path, **how):
        self.context = browser.new_context(**({"viewport": DESK, "color_scheme": "light"} | how))
        self.page = self.context.new_page()
        self.wrong, self.asked = [], []
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(report.as_uri())


@pytest.fixture
def opened(browser, report: Path) -> Iterator[Opened]:
    shown = Opened(browser, report)
    yield shown
    shown.context.close()
    assert shown.wrong == []


def names_of(table) -> list[str]:
    return table.locator("tbody tr:visible th").all_inner_texts()


def test_nothing_is_loaded_from_elsewhere(opened: Opened, report: Path) -> None:
    opened.page.wait_for_load_state("networkidle")
    assert [url for url in opened.asked if not url.startswith("data:")] == [report.as_uri()]


def test_a_column_sorts_by_its_numbers_and_goes_back(opened: Opened) -> None:
    table = opened.page.locator("table.sortable").first
    column = table.get_by_role("columnheader").nth(2)
    before = names_of(table)

    def values():
        shown = table.locator("tbody tr td:nth-child(3)").evaluate_all("cells => cells.map(c => c.dataset.value)")
        return [float(value) for value in shown]

    column.get_by_role("button").focus()
    opened.page.keyboard.press("Enter")
    assert column.get_attribute("aria-sort") == "ascending"
    assert values() == sorted(values())
    assert names_of(table) != before
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "descending"
    assert values() == sorted(values(), reverse=True)
    column.get_by_role("button").click()
    assert column.get_attribute("aria-sort") == "none"
    assert names_of(table) == before


def test_the_filter_leaves_rows_of_that_name_and_no_controls(opened: Opened) -> None:
    sheet = opened.page.locator(".sheet").first
    first = sheet.locator("table").first
    sheet.get_by_placeholder("part of a name").fill("joint")
    assert names_of(first) == ["Joint PPGN-h"]
    sheet.get_by_placeholder("part of a name").fill("")
    sheet.get_by_label("controls").uncheck()
    assert names_of(first) == ["AM, no prior", "DGN-AM", "Joint PPGN-h"]
    assert sheet.locator("output").inner_text() == "3 of 15 rows"  # however many tables they stand in
    sheet.get_by_label("intervals").uncheck()
    assert sheet.locator("td small:visible").count() == 0


def test_the_filter_says_when_nothing_has_that_name(opened: Opened) -> None:
    sheet = opened.page.locator(".sheet").last
    sheet.get_by_placeholder("part of a name").fill("no such sampler")
    assert sheet.locator("output").inner_text() == "nothing matches"


def test_a_table_that_goes_on_below_its_frame_says_so_until_its_end(opened: Opened) -> None:
    opened.page.set_viewport_size({"width": 1280, "height": 300})
    frame = opened.page.locator(".sheet .scroll").first
    frame.scroll_into_view_if_needed()
    opened.page.locator(".sheet .scroll.more").first.wait_for()
    frame.evaluate("frame => frame.scrollTo(0, frame.scrollHeight)")
    opened.page.wait_for_function("!document.querySelector('.sheet .scroll').classList.contains('more')")


def test_a_claim_opens_to_its_evidence_and_verdicts_filter(opened: Opened) -> None:
    claim = opened.page.locator("#claim-C6")
    assert not claim.locator(".evidence").is_visible()
    claim.locator("summary").click()
    assert claim.locator(".evidence").is_visible()
    assert claim.locator("svg.interval").first.bounding_box()["width"] == 108
    images = opened.page.locator(".claims").first  # the other is of analytic worlds
    shown = images.locator(".claim:visible")
    images.get_by_role("button", name="undecided").click()
    few = shown.count()
    images.get_by_role("button", name="not run").click()
    assert few > 0
    assert few + shown.count() == images.locator(".claim").count()
    assert not claim.is_visible()


def test_the_slider_moves_every_chain_and_the_step_is_shown(opened: Opened) -> None:
    player = opened.page.locator("#player-stage")
    tiles = player.locator(".tile")
    before = [tile.screenshot() for tile in tiles.all()]
    player.get_by_role("slider").fill("3")
    assert player.locator("output").inner_text() == "step 30 of 40"
    after = [tile.screenshot() for tile in tiles.all()]
    assert len(after) == 3
    assert all(old != new for old, new in zip(before, after, strict=True))
    player.get_by_role("button", name="8").click()
    assert all(old != tile.screenshot() for old, tile in zip(after, tiles.all(), strict=True))


def test_play_runs_to_the_last_step_and_stops(opened: Opened) -> None:
    player = opened.page.locator("#player-stage")
    opened.page.clock.install()
    player.get_by_role("button", name="play").click()
    assert player.get_by_role("button", name="pause").is_visible()
    opened.page.clock.run_for(10_000)
    assert player.locator("output").inner_text() == "step 40 of 40"
    assert player.get_by_role("button", name="play").is_visible()


def test_a_cell_of_the_map_shows_its_samples_and_its_measures(opened: Opened, report: Path) -> None:
    explorer = opened.page.locator("#explorer-stage")
    cells = explorer.locator(".map button")
    assert cells.count() == 6
    cells.nth(4).click()  # epsilon 1 rises upwards, as in the figures of grids
    assert explorer.locator(".cell h3").inner_text() == "Joint PPGN-h: ε1 = 0, ε2 = 2, ε3 = 0"
    table = files.load_table(report.parents[1] / "tables" / "main_digits_map.csv", ["epsilons", "metric", "mean"])
    means = table[table.epsilons == "0/2/0"].set_index("metric")["mean"]
    shown = explorer.locator(".cell tbody tr").all_inner_texts()
    assert len(shown) == 2
    assert all(any(number(mean) in text for text in shown) for mean in means)
    before = explorer.locator(".tile").first.screenshot()
    opened.page.keyboard.press("ArrowUp")
    assert explorer.locator(".cell h3").inner_text() == "Joint PPGN-h: ε1 = 0.1, ε2 = 2, ε3 = 0"
    assert explorer.locator(".map button:focus").get_attribute("aria-pressed") == "true"
    assert explorer.locator(".tile").first.screenshot() != before
    opened.page.keyboard.press("ArrowLeft")  # the map ends here
    assert explorer.locator(".cell h3").inner_text() == "Joint PPGN-h: ε1 = 0.1, ε2 = 2, ε3 = 0"


def test_another_measure_colours_the_map_anew(opened: Opened) -> None:
    explorer = opened.page.locator("#explorer-stage")
    before = explorer.locator(".map button").all_inner_texts()
    explorer.get_by_label("Measure").select_option(index=0)
    assert explorer.locator(".map button").all_inner_texts() != before
    best = explorer.locator(".map button").evaluate_all("cells => cells.map(c => c.style.getPropertyValue('--shade'))")
    assert sorted(map(len, best))[-1] == len("100%")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_phone_scrolls_down_and_never_sideways(browser, report: Path, scripts: bool) -> None:
    shown = Opened(browser, report, viewport=PHONE, java_script_enabled=scripts)
    for fold in shown.page.locator("summary").all():
        fold.click()
    assert shown.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    shown.context.close()


def test_dark_is_dark_and_the_button_turns_it(browser, report: Path) -> None:
    shown = Opened(browser, report, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = shown.page.evaluate(ground)
    shown.page.get_by_label("Light or dark").click()
    assert shown.page.evaluate(ground) == "rgb(255, 255, 255)" != dark
    shown.page.get_by_label("Light or dark").click()
    assert shown.page.evaluate(ground) == dark
    shown.context.close()


def test_paper_has_everything_open_but_the_settings_and_no_controls(opened: Opened) -> None:
    opened.page.emulate_media(media="print")
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator("details:not([open])").count() == opened.page.locator("#settings details").count() == 1
    assert not opened.page.locator("#settings pre").is_visible()
    assert opened.page.locator(".tools:visible, nav:visible").count() == 0
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator("details[open]").count() == 0


def test_without_scripts_no_control_is_dead(browser, report: Path) -> None:
    shown = Opened(browser, report, java_script_enabled=False)
    assert shown.page.locator("button:visible, input:visible, select:visible").count() == 0
    shown.page.locator("#claim-C6 summary").click()
    assert shown.page.locator("#claim-C6 .evidence").is_visible()
    assert shown.page.locator("#strips").is_visible()
    shown.context.close()
