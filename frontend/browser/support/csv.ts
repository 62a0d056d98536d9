import type { Locator, Page } from "playwright-core";
import type { Api, Service, User } from "./api.ts";
import { eventually } from "./wait.ts";

const HEADER = "service,user,score,comment";

/** Users and services, enough for a file that takes its time. */
export interface Crowd {
  users: User[];
  services: Service[];
}

/** Makes a crowd, each with `name` and a number. */
export async function crowd(api: Api, name: string, users: number, services: number): Promise<Crowd> {
  const each = <T>(count: number, make: (called: string) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, number) => make(`${name} ${number}`)));
  return {
    users: await each(users, (called) => api.user(called)),
    services: await each(services, (called) => api.service(called)),
  };
}

/** A line for each user and service. */
export function everyPair({ users, services }: Crowd): string {
  const lines = services.flatMap((service) =>
    users.map((user) => `${service.name},${user.name},4.5,"Fine, as ever"`),
  );
  return `${[HEADER, ...lines].join("\n")}\n`;
}

/** Chooses the file and sends it. Ends on the page of the job. */
export async function importFile(page: Page, text: string): Promise<void> {
  const file = { name: "ratings.csv", mimeType: "text/csv", buffer: Buffer.from(text) };
  await page.getByLabel("CSV file").setInputFiles(file);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL(/\/import\/.+/);
}

/** The bar of an import that is at work. */
export function progress(page: Page): Locator {
  return page.getByRole("progressbar", { name: "Import progress" });
}

/** Waits until more than `percent` of it is done, but not all. */
export async function midway(page: Page, percent = 0): Promise<void> {
  await eventually("the import is on its way", async () => {
    const value = await progress(page).evaluate((bar) => bar.getAttribute("value"));
    return Number(value) > percent;
  });
}
