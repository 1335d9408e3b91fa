"""What a picture of a page does not tell: whether everybody can read it and reach everything on it.

`faults` returns what axe-core finds against WCAG 2.1 A and AA (contrast, names, roles), and what is lost
where everything is drawn at twice the size: half the pixels of a screen are left for it (WCAG 1.4.4, 1.4.10).
"""

from __future__ import annotations

from typing import Any, Final

from playwright.async_api import Page

from tests.support.server import REPOSITORY

_AXE: Final = REPOSITORY / "clients/web/node_modules/axe-core/axe.min.js"
_SERIOUS: Final = ("serious", "critical")
ZOOM: Final = 2
"""200 %, as WCAG 1.4.4 asks."""
_RUN_AXE: Final = """async () => {
    // What moves in is half transparent: it is measured when it has come.
    await Promise.all(document.getAnimations()
        .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished.catch(() => undefined)));
    const found = await axe.run(document, {
        runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
        resultTypes: ["violations"],
    });
    return found.violations.map((one) => ({
        rule: one.id, impact: one.impact,
        places: one.nodes.slice(0, 5).map((node) => `${node.target.join(" ")}: ${node.failureSummary}`),
    }));
}"""
_LOST: Final = """() => {
    const lost = [];
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth + 1)
        lost.push(`the page is ${page.scrollWidth} px wide, of which ${page.clientWidth} are seen`);
    const named = (one) => `<${one.localName} class="${one.className}"> ${one.innerText ?? one.value ?? ""}`
        .slice(0, 90).replaceAll("\\n", " ");
    const isDrawn = (one) => one.checkVisibility({visibilityProperty: true}) && !one.closest("[inert]");
    // What is asked over the page must be answered first: a dialog, a call.
    const open = document.querySelector("dialog[open], [role=alertdialog]");
    const kept = [...document.querySelectorAll("*")].map((one) => [one, one.scrollTop, one.scrollLeft]);
    for (const one of (open ?? document).querySelectorAll("button, a[href], input, select, textarea")) {
        if (!isDrawn(one)) continue;
        one.scrollIntoView({block: "center", inline: "center"});
        const box = one.getBoundingClientRect();
        if (box.width < 2) continue;  // for those who hear the page
        const x = box.left + box.width / 2, y = box.top + Math.min(box.height / 2, 20);
        const there = document.elementFromPoint(x, y);
        const isHit = there !== null && [one, ...(one.labels ?? [])].some((own) => own.contains(there));
        if (!isHit) lost.push(`cannot be reached: ${named(one)}`);
        else if (box.width > innerWidth + 1) lost.push(`wider than the screen: ${named(one)}`);
    }
    for (const one of (open ?? document.body).querySelectorAll("*")) {
        const style = getComputedStyle(one);
        const words = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
        if (!isDrawn(one) || !words || style.clipPath !== "none") continue;
        if (style.textOverflow === "ellipsis") continue;  // shortened, and says so
        const hides = (overflow) => ["hidden", "clip"].includes(overflow);
        const isCut = hides(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
        const isShort = hides(style.overflowY) && one.scrollHeight > one.clientHeight + 2;
        if ((isCut || isShort) && style.webkitLineClamp === "none") lost.push(`cut off: ${named(one)}`);
    }
    for (const [one, top, left] of kept) {
        if (one.scrollTop !== top) one.scrollTop = top;
        if (one.scrollLeft !== left) one.scrollLeft = left;
    }
    return lost;
}"""


async def faults(page: Page) -> list[str]:
    """Returns one line for each serious violation and each loss at 200 %; the page is left as it was."""
    return [*await violations(page), *await lost_at_zoom(page)]


async def violations(page: Page) -> list[str]:
    """Returns what axe-core calls serious or critical."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(_RUN_AXE)
    return [
        f"{one['rule']}: {place}" for one in found if one["impact"] in _SERIOUS for place in one["places"]
    ]


async def lost_at_zoom(page: Page) -> list[str]:
    """Returns what cannot be reached or read with half as many pixels in each direction."""
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": size["width"] // ZOOM, "height": size["height"] // ZOOM})
    try:
        return [f"at {ZOOM * 100} %: {one}" for one in await page.evaluate(_LOST)]
    finally:
        await page.set_viewport_size(size)
