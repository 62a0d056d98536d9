import type { Page } from "playwright-core";
import { articles, beginEdit, stars, yourRating } from "../support/app.ts";
import { expect, test } from "../support/fixtures.ts";
import { eventually } from "../support/wait.ts";

const DIALOG = { name: "This rating has changed meanwhile" };

async function edit(page: Page, score: string, comment: string): Promise<void> {
  await stars(page, score).check({ force: true });
  await yourRating(page).getByRole("textbox", { name: "Comment" }).fill(comment);
  await yourRating(page).getByRole("button", { name: "Save changes" }).click();
}

for (const [choice, kept] of [
  ["Keep mine", { score: 5, comment: "First tab." }],
  ["Take theirs", { score: 1, comment: "Second tab." }],
] as const) {
  test(`two tabs that edit one rating lead to a choice: ${choice}`, async ({ chain, visit }) => {
    visit.expects(/status of 412/);
    const [service, user] = [
      await chain.api.service(`Contested ${choice}`),
      await chain.api.user(`Tabs ${choice}`),
    ];
    await chain.api.rate(service, user, 3, "As it was.");
    await visit.becomes(user);
    const [first, second] = [visit.page, await visit.tab()];
    for (const page of [first, second]) {
      await visit.open(`/services/${service.id}`, page);
      await beginEdit(page);
      await stars(page, "3 stars").waitFor({ state: "attached" });
    }
    await edit(second, "1 star", "Second tab.");
    await visit.settled("PATCH", 200);

    await edit(first, "5 stars", "First tab.");
    const dialog = first.getByRole("dialog", DIALOG);
    await dialog.getByText("First tab.").waitFor();
    await dialog.getByText("Second tab.").waitFor();
    await dialog.getByRole("button", { name: choice }).click();
    await dialog.waitFor({ state: "hidden" });
    await articles(first, "Ratings").getByText(kept.comment).waitFor();
    await eventually(
      "the choice is kept",
      async () => (await chain.api.ratingsOf(service))[0]?.score === kept.score,
    );
    expect(await chain.api.ratingsOf(service)).toMatchObject([kept]);
  });
}
