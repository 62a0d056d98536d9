import { chart, enter, heading, isLive, row, troubles } from "../../support/console.ts";
import { expect, testWith } from "../../support/fixtures.ts";
import { eventually } from "../../support/wait.ts";

const test = testWith({ console: true });

/** Calls `hello` until the signal is aborted, a few at a time. */
async function load(base: string, stop: AbortSignal): Promise<void> {
  const client = async () => {
    while (!stop.aborted) await (await fetch(`${base}/hello`)).text();
  };
  await Promise.all([client(), client(), client()]);
}

test("under load the figures are those of the platform, and they outlive a reload", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  const stop = new AbortController();
  const going = load(`http://127.0.0.1:${chain.port}/api`, stop.signal);
  await enter(visit);
  await isLive(page);
  await row(page, "Services", /^hello \d/).waitFor();
  await row(page, "Workers", /^hello .*0 of \d+|hello/)
    .first()
    .waitFor();
  const answers = () => chart(page, "Requests by status").getAttribute("aria-label");
  await eventually("answers are counted", async () => /2xx [1-9]/.test((await answers()) ?? ""));
  stop.abort();
  await going;
  await page.getByText("All is well").waitFor();
  await page.reload();
  await eventually("what was kept is shown", async () => /2xx \d/.test((await answers()) ?? ""));
});

test("a service without a worker is marked while requests wait, and no longer when one comes", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  await enter(visit);
  await row(page, "Services", /^hello \d/).waitFor();
  const worker = chain.single("hello");
  worker.signal("SIGTERM");
  await eventually("it has gone", () => worker.hasEnded);
  const waits = fetch(`${chain.api.base}/hello`);
  await troubles(page).getByText("no worker; 1 request waits").waitFor();
  await row(page, "Services", /^hello 1 .*no worker/).waitFor();
  await chain.startHello();
  expect(await (await waits).text()).toBe("Hello, world!\n");
  await troubles(page).getByText("no worker").waitFor({ state: "detached" });
  await row(page, "Services", /^hello 0 /).waitFor();
});

test("when the proxy goes, the page says since when, and goes on when it is back", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  visit.expects(/net::ERR_/);
  await enter(visit);
  await isLive(page);
  await chain.single("proxy").kill();
  await page.getByText(/^Not reachable since \d\d:\d\d:\d\d\./).waitFor();
  await page.getByText("not live").waitFor();
  await row(page, "Services", /^hello/)
    .first()
    .waitFor();
  await chain.startProxy();
  await page.getByText("Not reachable since").waitFor({ state: "detached" });
  await isLive(page);
});

test("charts have other colours when the scheme changes while they are shown", async ({ visit }) => {
  const { page } = visit;
  await page.emulateMedia({ colorScheme: "light" });
  await enter(visit);
  await isLive(page);
  const drawn = () =>
    page
      .locator("canvas")
      .first()
      .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const before = await drawn();
  await page.emulateMedia({ colorScheme: "dark" });
  await eventually("it is drawn anew", async () => (await drawn()) !== before);
  await heading(page, "Overview").waitFor();
});

test("a chart is as wide as its place, and no wider when the window is narrow", async ({ visit }) => {
  const { page } = visit;
  await enter(visit);
  await isLive(page);
  await page.setViewportSize({ width: 360, height: 740 });
  const fits = () =>
    page
      .locator(".uplot")
      .evaluateAll((all) =>
        all.every((plot) => plot.getBoundingClientRect().width <= (plot.parentElement?.clientWidth ?? 0)),
      );
  await eventually("all fit", fits);
});

test("the longest ages fit beside a chart", async ({ visit }) => {
  const { page } = visit;
  await enter(visit);
  await isLive(page);
  // Of the axis beside it, whose words are painted: nobody can ask for them.
  const room = await page
    .locator(".uplot .u-over")
    .first()
    .evaluate((over: HTMLElement) => over.offsetLeft);
  const needed = await page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    if (context === null) throw new Error("no canvas");
    context.font = `12px ${getComputedStyle(document.documentElement).getPropertyValue("--sans")}`;
    return Math.max(...["16 min 40 s", "22 h 13 min"].map((text) => context.measureText(text).width));
  });
  // Between words and chart are a tick of 4 CSS pixels and a gap of 5.
  expect(room).toBeGreaterThanOrEqual(needed + 9);
});

test("where charts cannot be drawn, all else is there", async ({ visit }) => {
  const { page } = visit;
  visit.expects(/net::ERR_FAILED/);
  await page.route("**/assets/plot-*.js", (route) => route.abort());
  await enter(visit);
  await page.getByText("No lines can be drawn here.").first().waitFor();
  await row(page, "Services", /^hello \d/).waitFor();
  await chart(page, "Permits").waitFor();
});
