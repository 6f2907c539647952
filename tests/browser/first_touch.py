"""How long it takes from the first touch to a live map.

    python -m tests.browser.first_touch http://127.0.0.1:8050

A phone's window in Chromium with a processor slowed down four times and an empty cache. The page
itself takes the time, from the touch until the live map shows its first cases. Exits with 1 if the
median of five visits is above the target of two seconds.
"""

from __future__ import annotations

import statistics
import sys

from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import FLAGS, PHONE, require_chromium

VISITS = 5
SLOWER = 4
TARGET_MS = 2_000
TIMED = """() => new Promise(live => {
    const start = performance.now(), island = document.querySelector('.island');
    const look = () => island.classList.contains('is-awake') && live(performance.now() - start);
    new MutationObserver(look).observe(island, {attributes: true});
    dispatchEvent(new PointerEvent('pointerdown'));
})"""


def touch_to_live_map(browser: Browser, address: str) -> float:
    """Milliseconds of one visit."""
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address, wait_until="load")
    page.wait_for_timeout(1_500)
    taken = page.evaluate(TIMED)
    context.close()
    return taken


def main(address: str) -> int:
    """Print every visit and the median."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require_chromium(), args=FLAGS)
        taken = [touch_to_live_map(browser, address) for _ in range(VISITS)]
        browser.close()
    median = statistics.median(taken)
    visits = ", ".join(f"{ms:,.0f}" for ms in taken)
    print(
        f"first touch to a live map at {SLOWER}× slower:"
        f" median {median:,.0f} ms of {visits} (target {TARGET_MS:,})"
    )
    return int(median > TARGET_MS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
