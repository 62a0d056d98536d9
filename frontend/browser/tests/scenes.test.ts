import { barriers, overflow, scrollsSideways } from "../support/audit.ts";
import { expect, test } from "../support/fixtures.ts";
import { afterScene, scenes } from "../support/scenes.ts";

for (const [name, scene] of Object.entries(scenes)) {
  test(`${name}: no barrier, and nothing hangs over where it is narrow`, async ({
    chain,
    arrive,
    onTestFinished,
  }) => {
    const visit = await arrive({ viewport: { width: 360, height: 740 }, reducedMotion: "reduce" });
    const { page } = visit;
    onTestFinished(() => afterScene(chain));
    await scene(visit, chain, "audited");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect(await barriers(page), colorScheme).toEqual([]);
    }
    // One of the odd names cannot be broken.
    if (name !== "odd-names") expect(await overflow(page)).toEqual([]);
    expect(await scrollsSideways(page)).toBe(false);
    await visit.context.setOffline(false);
  });
}
