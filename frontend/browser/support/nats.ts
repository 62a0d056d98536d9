import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { natsServer } from "./paths.ts";
import { freePort } from "./ports.ts";
import { Program } from "./program.ts";

/** A nats-server with JetStream, on ports that it chose itself. */
export class Nats {
  readonly url: string;
  readonly #monitor: string;
  readonly #settings: string;
  #program: Program;

  private constructor(settings: string, port: number, monitor: number) {
    this.url = `nats://127.0.0.1:${port}`;
    this.#monitor = `http://127.0.0.1:${monitor}`;
    this.#settings = settings;
    this.#program = new Program("nats", natsServer(), ["--config", settings]);
  }

  static async start(folder: string): Promise<Nats> {
    const [port, monitor] = [await freePort(), await freePort()];
    const file = join(folder, "nats.conf");
    await writeFile(file, settings(folder, port, monitor));
    const nats = new Nats(file, port, monitor);
    await nats.#program.says(/Server is ready/);
    return nats;
  }

  get program(): Program {
    return this.#program;
  }

  /** Starts it again with what it has on disk. */
  async restart(): Promise<void> {
    await this.#program.kill();
    this.#program = new Program("nats", natsServer(), ["--config", this.#settings]);
    await this.#program.says(/Server is ready/);
  }

  /** Publishes an empty message so often, past all of the platform. */
  async publish(subject: string, times = 1): Promise<void> {
    const { port } = new URL(this.url);
    const socket = connect(Number(port), "127.0.0.1");
    await once(socket, "data");
    socket.write(`CONNECT {"verbose":false}\r\n${`PUB ${subject} 0\r\n\r\n`.repeat(times)}PING\r\n`);
    let said = "";
    for await (const chunk of socket) {
      said += chunk;
      if (said.includes("-ERR")) throw new Error(said);
      // The server has read all before it.
      if (said.includes("PONG")) break;
    }
    socket.destroy();
  }

  /** Deletes a stream, whoever needs it. */
  async deleteStream(name: string): Promise<void> {
    await this.publish(`$JS.API.STREAM.DELETE.${name}`);
  }

  /** Deletes all messages of a stream. */
  async purge(name: string): Promise<void> {
    await this.publish(`$JS.API.STREAM.PURGE.${name}`);
  }

  /** Messages that wait, or are at work, in a stream. */
  async waiting(stream: string): Promise<number> {
    const answer = await fetch(`${this.#monitor}/jsz?streams=true`);
    const told = (await answer.json()) as Told;
    const streams = told.account_details.flatMap((account) => account.stream_detail ?? []);
    return streams.find((each) => each.name === stream)?.state.messages ?? 0;
  }
}

/** JetStream reserves what streams may grow to: whether a test passes must not depend on the room on the disk. */
function settings(folder: string, port: number, monitor: number): string {
  return `listen: "127.0.0.1:${port}"
http: "127.0.0.1:${monitor}"
jetstream { store_dir: ${JSON.stringify(join(folder, "js"))}, max_file_store: 1TB }
`;
}

interface Told {
  account_details: { stream_detail?: { name: string; state: { messages: number } }[] }[];
}
