import { rmSync } from "node:fs";
import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./api.ts";
import { Nats } from "./nats.ts";
import { binDir, consoleDir, uiDir } from "./paths.ts";
import { freePort } from "./ports.ts";
import { Program } from "./program.ts";
import { eventually } from "./wait.ts";

/** Lines of each log that are shown. */
const TOLD = 60;

/** The stream that holds the writes of the app. */
const JOBS = "uptake-job-rating-service";

export interface ChainOptions {
  /** Whether the database begins with the example data. */
  seed?: boolean;
  /** More words for each proxy that the browser sees. */
  proxyWords?: string[];
  /** Whether the browser looks at the console of operators, and `hello` works, too. */
  console?: boolean;
  /** Whether no worker has ever been there. */
  bare?: boolean;
}

/** By which operators sign in. */
export const TOKEN = "a token of the tests, for nobody else";

/** A whole platform: nats-server, a worker, a proxy for the browser, and one for the test alone. */
export class Chain {
  readonly #programs: Program[] = [];
  readonly #folder: string;
  readonly #options: ChainOptions;
  readonly nats: Nats;
  readonly port: number;
  /** Asks the platform past the proxies that the browser sees, so that a test may kill those. */
  readonly api: Api;
  /** The folder that the proxies serve: a copy, so that a test may deploy another one. */
  readonly ui: string;
  /** Where the proxy that the browser sees listens for operators: the same after a restart. */
  readonly #operators: number;

  private constructor(folder: string, options: ChainOptions, nats: Nats, ports: number[]) {
    const [port = 0, asked = 0, operators = 0] = ports;
    this.#folder = folder;
    this.#options = options;
    this.nats = nats;
    this.port = port;
    this.#operators = operators;
    this.ui = join(folder, "ui");
    this.api = new Api(`http://127.0.0.1:${asked}/api`);
  }

  static async start(options: ChainOptions = {}): Promise<Chain> {
    const folder = await mkdtemp(join(tmpdir(), "uptake-browser-"));
    // Also when somebody ends the tests, who does not wait for what is asynchronous.
    process.once("exit", () => remove(folder));
    const nats = await Nats.start(folder);
    const ports = [await freePort(), await freePort(), await freePort()];
    const chain = new Chain(folder, options, nats, ports);
    await cp(uiDir, chain.ui, { recursive: true });
    await writeFile(join(folder, "token"), `${TOKEN}\n`, { mode: 0o600 });
    const asked = chain.#proxy("asked", ports[1] ?? 0, ["--admin-listen", "127.0.0.1:0"]);
    const hello = options.console === true ? [() => chain.startHello()] : [];
    const workers = options.bare === true ? [] : [() => chain.startWorker(), ...hello];
    await Promise.all([chain.startProxy(), asked, ...workers.map((start) => start())]);
    return chain;
  }

  /** Where the browser finds what this file is about: the app, or the console. */
  get app(): string {
    if (this.#options.console === true) return `http://127.0.0.1:${this.#operators}/console`;
    return `http://127.0.0.1:${this.port}/ui`;
  }

  async startWorker(variables: Record<string, string> = {}): Promise<Program> {
    const seed = this.#options.seed === false ? [] : ["--seed-example-data"];
    const words = ["--nats-url", this.nats.url, ...seed];
    const database = `sqlite://${join(this.#folder, "rating-service.db")}`;
    const worker = this.#start("rating-service", words, { DATABASE_URL: database, ...variables });
    // It pulls from two streams, and says so of each.
    await Promise.all([worker.says(/pulling stream="\S+-call-/), worker.says(/pulling stream="\S+-job-/)]);
    return worker;
  }

  /** Starts a worker that does what tests ask for, with more words. */
  async startHello(words: string[] = []): Promise<Program> {
    const worker = this.#start("hello", ["--nats-url", this.nats.url, ...words], {});
    await Promise.all([worker.says(/pulling stream="\S+-call-/), worker.says(/pulling stream="\S+-job-/)]);
    return worker;
  }

  /** Starts one more proxy on the port that the browser knows. */
  startProxy(variables: Record<string, string> = {}): Promise<Program> {
    const words = ["--reuse-port", "--ui-dir", this.ui, ...(this.#options.proxyWords ?? [])];
    return this.#proxy("proxy", this.port, [...words, ...this.#forOperators()], variables);
  }

  /** Waits until a job is stored, and so is in the hands of a proxy that waits for its answer. */
  async jobWaits(): Promise<void> {
    await eventually("a job is stored", async () => (await this.nats.waiting(JOBS)) > 0);
  }

  /** The programs of this name that have not ended, oldest first. */
  programs(name: string): Program[] {
    return this.#programs.filter((program) => program.name === name && !program.hasEnded);
  }

  /** The only program of this name. */
  single(name: string): Program {
    const [program, other] = this.programs(name);
    if (program === undefined || other !== undefined) throw new Error(`there is not one ${name}`);
    return program;
  }

  /** What all programs have said, for a test that has failed. */
  logs(): string {
    const tail = (log: string) => log.split("\n").slice(-TOLD).join("\n");
    return [this.nats.program, ...this.#programs]
      .map((program) => `--- ${program.name}\n${tail(program.log)}`)
      .join("\n");
  }

  async stop(): Promise<void> {
    await Promise.all([this.nats.program, ...this.#programs].map((program) => program.kill()));
    remove(this.#folder);
  }

  #forOperators(): string[] {
    if (this.#options.console !== true) return ["--admin-listen", "127.0.0.1:0"];
    const token = join(this.#folder, "token");
    const listen = ["--admin-listen", `127.0.0.1:${this.#operators}`];
    return [...listen, "--console-dir", consoleDir, "--console-token-file", token];
  }

  async #proxy(name: string, port: number, more: string[], variables = {}): Promise<Program> {
    const words = ["--listen", `127.0.0.1:${port}`, "--strip-prefix", "/api"];
    const proxy = this.#start(
      "http-to-nats-proxy",
      [...words, "--nats-url", this.nats.url, ...more],
      variables,
      name,
    );
    const admin = await proxy.says(/for="operators" address=(\S+)/);
    await eventually(`${name} is ready`, async () => (await fetch(`http://${admin}/readyz`)).ok);
    return proxy;
  }

  #start(binary: string, words: string[], variables: Record<string, string>, name = binary): Program {
    const program = new Program(name, join(binDir, binary), words, variables);
    this.#programs.push(program);
    return program;
  }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
