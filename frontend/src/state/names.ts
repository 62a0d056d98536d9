import { signal } from "@preact/signals";
import { read } from "../api/read.ts";

/** The names behind ids, asked for once each, many at a time. */
class Names {
  private readonly known = signal<ReadonlyMap<string, string>>(new Map());
  private readonly asked = new Set<string>();
  private waiting: string[] = [];

  constructor(private readonly path: "/users" | "/services") {}

  /** The name, or undefined as long as it is not known. Asks for it; whoever reads this is told when it comes. */
  of(id: string): string | undefined {
    const name = this.known.value.get(id);
    if (name !== undefined || this.asked.has(id)) return name;
    this.asked.add(id);
    this.waiting.push(id);
    // All that one page shows are asked for together.
    if (this.waiting.length === 1) queueMicrotask(() => void this.ask());
    return undefined;
  }

  /** Learns names from what was read anyway. */
  learn(things: { id: string; name: string }[]): void {
    if (things.every(({ id, name }) => this.known.peek().get(id) === name)) return;
    this.known.value = new Map([...this.known.peek(), ...things.map(({ id, name }) => [id, name] as const)]);
  }

  private async ask(): Promise<void> {
    const ids = this.waiting.splice(0);
    for (let at = 0; at < ids.length; at += MOST_IDS) {
      const some = ids.slice(at, at + MOST_IDS);
      try {
        this.learn((await read(this.path, { query: { ids: some, limit: MOST_IDS } })).items);
      } catch {
        // A name is missing then, which is no reason for a message; it is asked for when it is shown again.
        for (const id of some) this.asked.delete(id);
      }
    }
  }
}

/** The most ids of one request: some 4,000 octets. */
const MOST_IDS = 100;

export const userNames = new Names("/users");
export const serviceNames = new Names("/services");
