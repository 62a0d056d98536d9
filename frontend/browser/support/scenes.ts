import type { Rating, Service, User } from "./api.ts";
import { beginEdit, loaded, notices, openToRate, rate, stars, yourRating } from "./app.ts";
import type { Chain } from "./chain.ts";
import { crowd, everyPair, importFile, midway } from "./csv.ts";
import { NAMES } from "./names.ts";
import { release } from "./release.ts";
import type { Visit } from "./visit.ts";

/** Leads a visit into a state of the app that no address alone leads to. `run` makes its names its own. */
export type Scene = (visit: Visit, chain: Chain, run: string) => Promise<void>;

const COMMENT = "Friendly, quick, and they remembered my name. ";

async function cast(chain: Chain, run: string): Promise<{ user: User; service: Service }> {
  return { user: await chain.api.user(`Noor ${run}`), service: await chain.api.service(`Tea House ${run}`) };
}

/** Somebody who has rated, at the page of what they have rated. */
async function afterRating(visit: Visit, chain: Chain, run: string): Promise<Rating> {
  const { user, service } = await cast(chain, run);
  const rating = await chain.api.rate(service, user, 3, "Not bad.");
  await visit.becomes(user);
  await visit.open(`/services/${service.id}`);
  await yourRating(visit.page).getByRole("button", { name: "Edit" }).waitFor();
  return rating;
}

async function edit(visit: Visit): Promise<void> {
  await beginEdit(visit.page);
  await stars(visit.page, "3 stars").waitFor({ state: "attached" });
}

export const scenes: Record<string, Scene> = {
  "rating-form": async (visit, chain, run) => {
    const { user, service } = await cast(chain, run);
    await visit.becomes(user);
    await openToRate(visit, service);
    await stars(visit.page, "3.5 stars").check({ force: true });
    await yourRating(visit.page).getByRole("textbox", { name: "Comment" }).fill(COMMENT.repeat(42));
  },
  "rating-edit": async (visit, chain, run) => {
    await afterRating(visit, chain, run);
    await edit(visit);
  },
  conflict: async (visit, chain, run) => {
    visit.expects(/status of 412/);
    const rating = await afterRating(visit, chain, run);
    await edit(visit);
    await chain.api.change(rating, { score: 1, comment: "The kettle was cold." });
    await yourRating(visit.page).getByRole("textbox", { name: "Comment" }).fill(COMMENT);
    await yourRating(visit.page).getByRole("button", { name: "Save changes" }).click();
    await visit.page.getByRole("button", { name: "Keep mine" }).waitFor();
  },
  undo: async (visit, chain, run) => {
    await afterRating(visit, chain, run);
    await yourRating(visit.page).getByRole("button", { name: "Delete" }).click();
    await notices(visit.page).getByRole("button", { name: "Undo" }).waitFor();
  },
  refused: async (visit, chain, run) => {
    visit.expects(/status of 500/);
    const { user, service } = await cast(chain, run);
    await visit.becomes(user);
    await openToRate(visit, service);
    const body = JSON.stringify({
      type: "urn:uptake:problem:internal",
      title: "Failed",
      status: 500,
      requestId: "af0bde6a-3",
    });
    const answer = { status: 500, contentType: "application/problem+json", body };
    await visit.page.route("**/api/ratings", (route) => route.fulfill(answer));
    await rate(visit.page, "4 stars", COMMENT);
    await notices(visit.page).getByRole("button", { name: "Try again" }).waitFor();
  },
  offline: async (visit, chain, run) => {
    visit.expects(/net::ERR_INTERNET_DISCONNECTED/);
    const { user, service } = await cast(chain, run);
    await visit.becomes(user);
    await openToRate(visit, service);
    await visit.context.setOffline(true);
    await rate(visit.page, "5 stars", COMMENT);
    await visit.page.getByText("You are offline.").waitFor();
  },
  "new-release": async (visit, chain) => {
    visit.expects(
      /status of 404/,
      /Refused to apply style/,
      /Failed to fetch dynamically imported module/,
      /net::ERR_/,
    );
    await visit.open("/");
    // The proxy is killed: nothing may be on its way any more.
    await loaded(visit.page);
    await release(chain);
    await visit.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Import" }).click();
    await visit.page.getByText("A new version is here.").waitFor();
  },
  "add-service": async (visit) => {
    visit.expects(/status of 422/);
    const { page } = visit;
    await visit.open("/");
    await page.getByRole("button", { name: "Add service" }).click();
    const dialog = page.getByRole("dialog", { name: "Add service" });
    await dialog.getByRole("textbox", { name: "Name" }).fill("\u202eTea");
    await dialog.getByRole("textbox", { name: "Description" }).fill("a\u0007b");
    await dialog.getByRole("button", { name: "Add", exact: true }).click();
    await visit.settled("POST", 422);
    await dialog.locator("[aria-invalid=true]").first().waitFor();
  },
  "odd-names": async (visit, chain, run) => {
    const user = await chain.api.user(`Odd ${run}`);
    for (const name of Object.values(NAMES)) {
      await chain.api.rate(await chain.api.service(name, name), user, 4.5);
    }
    await visit.open("/?sort=-createdAt");
    await visit.page.getByRole("article").first().waitFor();
  },
  "import-chosen": async (visit) => {
    await visit.open("/import");
    const text =
      "service,user,score,comment\nHarbour Bakery,Amara Okafor,4.5,Warm\nKestrel Couriers,Elif Yıldız,3,\n";
    const file = { name: "ratings.csv", mimeType: "text/csv", buffer: Buffer.from(text) };
    await visit.page.getByLabel("CSV file").setInputFiles(file);
    await visit.page.getByText("Kestrel Couriers,Elif Yıldız,3,").nth(1).waitFor();
  },
  "import-going": async (visit, chain, run) => {
    await visit.open("/import");
    await importFile(visit.page, everyPair(await crowd(chain.api, `Guest ${run}`, 50, 50)));
    await midway(visit.page);
    chain.single("rating-service").signal("SIGSTOP");
  },
  "import-finished": async (visit) => {
    const text = `service,user,score,comment
Harbour Bakery,Amara Okafor,4.5,Warm
Harbour Bakery,Amara,4.5,"Who is that?"
Kestrel Couriers,Elif Yıldız,3,
Lantern Boks,Julia Nowak,11,"${COMMENT}"
`;
    await visit.open("/import");
    await importFile(visit.page, text);
    await visit.page.getByRole("heading", { level: 2, name: "Import finished" }).waitFor();
  },
  "import-failed": async (visit) => {
    await visit.open("/import");
    visit.expects(/status of 422/);
    await importFile(visit.page, 'service,user,score,comment\nHarbour Bakery,Amara Okafor,4,"never closed\n');
    await visit.page.getByRole("heading", { level: 2, name: "Import failed" }).waitFor();
  },
};

/** Lets go on what a scene has stopped. */
export async function afterScene(chain: Chain): Promise<void> {
  chain.single("rating-service").signal("SIGCONT");
}
