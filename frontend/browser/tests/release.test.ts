import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { articles, title } from "../support/app.ts";
import { expect, test } from "../support/fixtures.ts";
import { release } from "../support/release.ts";

test("a page of an old release offers to reload, and then goes on", async ({ chain, visit }) => {
  const { page } = visit;
  visit.expects(
    /status of 404/,
    /Refused to apply style/,
    /Failed to fetch dynamically imported module/,
    /error loading/i,
    /net::ERR_/,
  );
  await visit.open("/");
  await articles(page, "Services").first().waitFor();
  await release(chain);

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Import" }).click();
  await page.getByText("A new version is here.").waitFor();
  await page.getByRole("button", { name: "Reload" }).first().click();
  await title(page, "Import ratings").waitFor();
  await page.getByText("A new version is here.").waitFor({ state: "hidden" });
});

test("a deep link works after a reload, with the same release and with the next", async ({
  chain,
  visit,
}) => {
  const { page } = visit;
  const [service] = await chain.api.servicesCalled("Lantern Books");
  await visit.open(`/services/${service?.id}`);
  await title(page, "Lantern Books").waitFor();
  await page.reload();
  await title(page, "Lantern Books").waitFor();
  await release(chain);
  await page.reload();
  await title(page, "Lantern Books").waitFor();
  const scripts = await page
    .locator("script[src]")
    .evaluateAll((all) => all.map((each) => each.getAttribute("src")));
  const deployed = await readdir(join(chain.ui, "assets"));
  for (const script of scripts) expect(deployed).toContain(script?.split("/").at(-1));
});
