import axe from "axe-core";
import type { Page } from "playwright-core";

declare global {
  interface Window {
    layoutShifts: string[];
    axe: typeof axe;
  }
}

/** Runs in the page before its own scripts: keeps each move of what was already painted, unless a key or click made it. */
export function watchShifts(): void {
  window.layoutShifts = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & Shift)[]) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node }) =>
        node instanceof Element ? node.outerHTML.slice(0, 120) : node?.nodeName,
      );
      window.layoutShifts.push(`${entry.value.toFixed(4)}: ${moved.join(" | ")}`);
    }
  });
  observer.observe({ type: "layout-shift", buffered: true });
}

interface Shift {
  value: number;
  hadRecentInput: boolean;
  sources: { node?: Node }[];
}

/** What moved while the page loaded. */
export function shifts(page: Page): Promise<string[]> {
  return page.evaluate(() => window.layoutShifts);
}

/** What hinders people who do not see, or do not use a mouse: the rule, and where it is broken. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // Without its own look at the style sheets, which the policy of the page forbids.
  const options = { resultTypes: ["violations" as const], preload: false };
  const { violations } = await page.evaluate((how) => window.axe.run(document, how), options);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${help}: ${html}\n${failureSummary ?? ""}`),
  );
}

/** Whether the page can be scrolled sideways. */
export function scrollsSideways(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
}

/** Elements that reach beyond the right edge, also where they are cut off there; not those that a part of the page cuts. */
export function overflow(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isBeyond = (element: Element) => element.getBoundingClientRect().right > width + 0.5;
    const isCut = (element: Element): boolean => {
      const { overflowX } = getComputedStyle(element);
      const cuts = overflowX !== "visible" && !isBeyond(element);
      const { parentElement } = element;
      return cuts || (parentElement !== null && parentElement.id !== "app" && isCut(parentElement));
    };
    const beyond = [...document.querySelectorAll("#app *")].filter(isBeyond);
    return beyond.filter((element) => !isCut(element)).map((element) => element.outerHTML.slice(0, 160));
  });
}

/** Milliseconds from the navigation to the first paint. */
export function firstPaint(page: Page): Promise<number | undefined> {
  return page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
}
