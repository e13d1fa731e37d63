"""A headless Chromium for tests, which has no network: opens a page from a file at a given width."""

import os
import shutil
from pathlib import Path

import pytest

SWITCHES = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # names and addresses alike: nothing outside the file is found
]
SECONDS = 20  # that a page may take to become what is waited for


class Page:
    """A page open in Chromium."""

    def __init__(self, driver):
        self._driver = driver

    def open(self, file: Path, width: int, height: int = 900, scheme: str = "light", medium: str = "screen") -> None:
        """Open a file in a window of `width` x `height` CSS pixels, as a phone would.

        `scheme` is light or dark, `medium` screen or print.
        """
        media = {"media": medium, "features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self._driver.get(file.as_uri())

    def run(self, script: str):
        """Run JavaScript in the page and return what it returns."""
        return self._driver.execute_script(script)

    def wait(self, script: str):
        """Run JavaScript until it returns what is true, and return that; selenium's TimeoutException if it never is."""
        from selenium.webdriver.support.wait import WebDriverWait

        return WebDriverWait(self._driver, SECONDS).until(lambda driver: driver.execute_script(script))

    def press_enter(self) -> None:
        """Press the key on what has the focus."""
        self._driver.switch_to.active_element.send_keys("\n")

    def console_errors(self) -> list[str]:
        """Return the messages that the console has shown since the last call."""
        return [entry["message"] for entry in self._driver.get_log("browser")]


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Start Chromium with a profile of its own; skip only where the environment says there is none."""
    if os.environ.get("CASUAL_TRAINING_NO_BROWSER"):
        pytest.skip("CASUAL_TRAINING_NO_BROWSER is set")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver_file = shutil.which("chromedriver")
    if not (chromium and driver_file):
        pytest.fail(
            "Chromium or its chromedriver is not installed: install both (Debian: chromium, chromium-driver), or "
            "set CASUAL_TRAINING_NO_BROWSER=1 to skip the browser tests",
            pytrace=False,
        )
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for switch in [*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_file))
    yield Page(driver)
    driver.quit()
