import type { components } from "../../src/api/schema.d.ts";

export type User = components["schemas"]["User"];
export type Service = components["schemas"]["Service"];
export type Rating = components["schemas"]["Rating"];

/** What a test makes and looks up behind the back of the page. */
export class Api {
  constructor(readonly base: string) {}

  user(name: string): Promise<User> {
    return this.#send("POST", "/users", { name });
  }

  service(name: string, description?: string): Promise<Service> {
    return this.#send("POST", "/services", description === undefined ? { name } : { name, description });
  }

  rate(service: Service, user: User, score: number, comment?: string): Promise<Rating> {
    const rating = { serviceId: service.id, userId: user.id, score };
    return this.#send("POST", "/ratings", comment === undefined ? rating : { ...rating, comment });
  }

  change(rating: Rating, patch: { score?: number; comment?: string }): Promise<Rating> {
    return this.#send("PATCH", `/ratings/${rating.id}`, patch);
  }

  remove(rating: Rating): Promise<unknown> {
    return this.#send("DELETE", `/ratings/${rating.id}`);
  }

  /** Starts an import, waits for its end, and gives the id of its job. */
  async importing(csv: string): Promise<string> {
    const headers = { "content-type": "text/csv; charset=utf-8", prefer: "respond-async" };
    const accepted = await fetch(`${this.base}/ratings/import`, { method: "POST", headers, body: csv });
    const id = accepted.headers.get("location")?.split("/").at(-1);
    if (id === undefined) throw new Error(`the import was not accepted: ${await accepted.text()}`);
    await fetch(`${this.base}/-/jobs/${id}`, { headers: { prefer: "wait=10" } });
    return id;
  }

  /** The only user of this name. */
  async userCalled(name: string): Promise<User> {
    return only(name, await this.usersCalled(name));
  }

  /** The only service of this name. */
  async serviceCalled(name: string): Promise<Service> {
    return only(name, await this.servicesCalled(name));
  }

  /** The users of exactly this name. */
  async usersCalled(name: string): Promise<User[]> {
    const { items } = await this.#list<User>("users", { name });
    return items.filter((user) => user.name === name);
  }

  /** The services of exactly this name. */
  async servicesCalled(name: string): Promise<Service[]> {
    const { items } = await this.#list<Service>("services", { name });
    return items.filter((service) => service.name === name);
  }

  async ratingsOf(service: Service): Promise<Rating[]> {
    return (await this.#list<Rating>("ratings", { serviceId: service.id, limit: "1000" })).items;
  }

  #list<T>(list: string, query: Record<string, string>): Promise<{ items: T[] }> {
    return this.#send("GET", `/${list}?${new URLSearchParams(query)}`);
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const fields = { "content-type": "application/json" };
    const sent = body === undefined ? { method } : { method, headers: fields, body: JSON.stringify(body) };
    const answer = await fetch(this.base + path, sent);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }
}

function only<T>(name: string, [found, other]: T[]): T {
  if (found === undefined || other !== undefined) throw new Error(`there is not one ${name}`);
  return found;
}
