import type { ServerResponse } from "node:http";
import type { Rating, User } from "../api/types.ts";
import { serviceWith } from "./example.ts";
import { type Behaviour, drop, json, problem, type Received, serverThat } from "./server.ts";

/** What becomes of a write: executed and answered, unless told. */
export interface Fate {
  /** The write is executed when this settles. */
  hold?: Promise<void>;
  /** This comes in its place; it is not executed. */
  instead?: Behaviour;
  /** This comes in place of its answer; it is executed. */
  lost?: Behaviour;
}

let lastId = 0;
const newId = (noun: string) => `${noun}${(lastId += 1)}`;

/** Ratings of one service over real HTTP, as far as the state of this page asks; it keeps answers by their key. */
export class RatingServer {
  readonly service = { id: newId("service") };
  readonly users: User[] = [this.newUser("Ada"), this.newUser("Bo"), this.newUser("Cy")];
  readonly ratings = new Map<string, Rating>();
  readonly fates: Fate[] = [];
  received: Received[] = [];
  private readonly answers = new Map<string, Behaviour>();

  static async start(scores: [user: number, score: number][] = []): Promise<RatingServer> {
    const server = new RatingServer();
    for (const [user, score] of scores) server.add({ userId: server.user(user).id, score });
    const { received } = await serverThat((response, request) => server.answer(response, request));
    server.received = received;
    return server;
  }

  user(index: number): User {
    const user = this.users[index];
    if (!user) throw new Error(`no user ${index}`);
    return user;
  }

  ratingOf(user: User): Rating | undefined {
    return [...this.ratings.values()].find(({ userId }) => userId === user.id);
  }

  /** The requests of this method, in their order. */
  sent(method: string, path = ""): Received[] {
    return this.received.filter((request) => request.method === method && request.url.includes(path));
  }

  add(rating: { userId: string; score: number; comment?: string }): Rating {
    const time = new Date().toISOString();
    const added = {
      ...rating,
      serviceId: this.service.id,
      id: newId("rating"),
      createdAt: time,
      updatedAt: time,
    };
    this.ratings.set(added.id, added);
    return added;
  }

  /** Changes a rating, as another tab would. */
  change(rating: Rating, patch: object): Rating {
    const changed = { ...rating, ...patch, updatedAt: `${rating.updatedAt}+` };
    this.ratings.set(rating.id, changed);
    return changed;
  }

  private newUser(name: string): User {
    return { id: newId("user"), name, createdAt: "2026-11-01T12:00:00Z" };
  }

  private async answer(response: ServerResponse, request: Received): Promise<void> {
    if (request.method === "GET") return this.read(request)(response, request);
    const { hold, instead, lost } = this.fates.shift() ?? {};
    await hold;
    const key = String(request.headers["idempotency-key"]);
    const kept = this.answers.get(key);
    // What was executed is not refused when it is repeated.
    if (instead && (!kept || instead === drop)) return instead(response, request);
    const answer = kept ?? this.write(request);
    this.answers.set(key, answer);
    return (lost ?? answer)(response, request);
  }

  private read({ url }: Received): Behaviour {
    const { pathname, searchParams } = new URL(url, "http://test");
    const [, , noun, id] = pathname.split("/");
    const all = [...this.ratings.values()];
    if (noun === "services")
      return json(
        serviceWith(
          all.map(({ score }) => score),
          this.service.id,
        ),
      );
    if (noun === "users") return json({ items: this.users, nextCursor: null });
    if (id) return tagged(this.ratings.get(id));
    const user = searchParams.get("userId");
    return json({ items: all.filter(({ userId }) => !user || userId === user), nextCursor: null });
  }

  private write({ method, url, headers, body }: Received): Behaviour {
    if (method === "POST") {
      const rating = JSON.parse(body) as { userId: string; score: number };
      const inTheWay = [...this.ratings.values()].find(({ userId }) => userId === rating.userId);
      const errors = [{ pointer: "", detail: "exists", ratingId: inTheWay?.id }];
      return inTheWay ? problem(409, "rating-exists", { errors }) : tagged(this.add(rating), 201);
    }
    const rating = this.ratings.get(url.split("/").at(-1) ?? "");
    if (!rating) return tagged(undefined);
    const condition = headers["if-match"];
    if (condition && condition !== tagOf(rating)) return problem(412, "precondition-failed");
    if (method === "PATCH") return tagged(this.change(rating, JSON.parse(body) as object));
    this.ratings.delete(rating.id);
    return (response) => void response.writeHead(204).end();
  }
}

function tagOf(rating: Rating): string {
  return `"${Buffer.from(JSON.stringify(rating)).toString("base64url").slice(-12)}${JSON.stringify(rating).length}"`;
}

function tagged(rating: Rating | undefined, status = 200): Behaviour {
  return rating ? json(rating, status, { etag: tagOf(rating) }) : problem(404, "rating-not-found");
}
