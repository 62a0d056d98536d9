import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import type { User } from "./api.ts";
import { watchShifts } from "./audit.ts";
import { eventually, PATIENCE } from "./wait.ts";

export interface Asked {
  method: string;
  /** Path and query. */
  target: string;
  key: string | undefined;
}

/** One person at one browser: a context with its pages, and what they asked for and complained about. */
export class Visit {
  readonly requests: Asked[] = [];
  readonly #answers: { method: string; status: number }[] = [];
  readonly #complaints: string[] = [];
  readonly #expected: RegExp[] = [];

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly app: string,
  ) {}

  static async start(browser: Browser, app: string, options: BrowserContextOptions = {}): Promise<Visit> {
    // Without a locale its language would be none that programs know.
    const usual = { viewport: { width: 1280, height: 900 }, locale: "en-GB" };
    const context = await browser.newContext({ ...usual, ...options });
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(watchShifts);
    const visit = new Visit(context, await context.newPage(), app);
    visit.#watch(visit.page);
    return visit;
  }

  /** A second tab of the same person. */
  async tab(): Promise<Page> {
    const page = await this.context.newPage();
    this.#watch(page);
    return page;
  }

  /** Opens a page of the app by its path, such as `/users`, as by typing it. */
  async open(path: string, page = this.page): Promise<void> {
    await page.goto(this.app + path);
  }

  /** Says who rates, as a person does. */
  async becomes(user: User): Promise<void> {
    await this.open(`/users/${user.id}`);
    await this.page.getByRole("button", { name: `Switch to ${user.name}`, exact: true }).click();
    await this.page.getByRole("link", { name: `You: ${user.name}`, exact: true }).waitFor();
  }

  /** From now on the console may say this. */
  expects(...complaints: RegExp[]): void {
    this.#expected.push(...complaints);
  }

  /** What the console said that no test expected: errors, warnings, violated policies, uncaught exceptions. */
  complaints(): string[] {
    return this.#complaints.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  /** Waits until a request of this method was answered with this status. */
  async settled(method: string, status: number): Promise<void> {
    await eventually(`${method} is answered ${status}`, () => this.answered(method).includes(status));
  }

  /** The statuses that requests of this method were answered with, in order. */
  answered(method: string): number[] {
    return this.#answers.filter((answer) => answer.method === method).map(({ status }) => status);
  }

  /** The writes that were sent. */
  writes(): Asked[] {
    return this.requests.filter(({ method }) => method !== "GET");
  }

  #watch(page: Page): void {
    page.on("console", (message) => {
      const worth = message.type() === "error" || message.type() === "warning";
      if (worth) this.#complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.#complaints.push(`uncaught: ${error.stack ?? error}`));
    page.on("response", (response) => {
      this.#answers.push({ method: response.request().method(), status: response.status() });
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      const target = url.pathname + url.search;
      this.requests.push({ method: request.method(), target, key: request.headers()["idempotency-key"] });
    });
  }
}
