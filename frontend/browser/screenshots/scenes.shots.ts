import { test } from "../support/fixtures.ts";
import { afterScene, scenes } from "../support/scenes.ts";
import { looks, take } from "./looks.ts";

for (const look of looks) {
  for (const [name, scene] of Object.entries(scenes)) {
    test(`${name}, ${look.name}`, async ({ chain, arrive, onTestFinished }) => {
      const visit = await arrive(look.options);
      onTestFinished(() => afterScene(chain));
      await scene(visit, chain, look.name);
      await take(visit.page, `scene-${name}`, look, false);
      await visit.context.setOffline(false);
    });
  }
}
