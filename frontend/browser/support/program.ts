import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "./wait.ts";

const running = new Set<Program>();

/** A program that a test started, and that ends with the test run at the latest. */
export class Program {
  readonly #child: ChildProcess;
  #log = "";

  constructor(
    readonly name: string,
    file: string,
    words: string[],
    variables: Record<string, string> = {},
  ) {
    // Not the variables of whoever runs the tests: they would be settings of these programs.
    const env = { PATH: process.env.PATH, ...variables };
    this.#child = spawn(file, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    const keep = (chunk: Buffer) => {
      this.#log += chunk.toString();
    };
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
    this.#child.on("error", (error) => {
      this.#log += `${error}\n`;
    });
    this.#child.on("exit", () => running.delete(this));
    running.add(this);
  }

  get log(): string {
    return this.#log;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until the log has what `pattern` describes, and gives its first group. */
  async says(pattern: RegExp): Promise<string> {
    return eventually(`${this.name} says ${pattern}`, () => {
      const found = pattern.exec(this.#log);
      if (found === null && this.hasEnded) throw new Error(`${this.name} has ended:\n${this.#log}`);
      return found?.[1] ?? found?.[0];
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Ends it as a power failure would, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const gone = once(this.#child, "exit");
    this.signal("SIGKILL");
    await gone;
  }
}

/** SIGKILL also ends what was stopped, and there is nothing here that is worth a drain. */
function killAll(): void {
  for (const program of running) program.signal("SIGKILL");
}

process.on("exit", killAll);
// The test runner has gone without a word: its worker must not stay, nor what it started.
process.on("disconnect", () => process.exit(1));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
