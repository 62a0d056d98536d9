// Creates users, then lists them page by page, with a client that is generated from the contract alone.

import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

type User = components["schemas"]["User"];

const [baseUrl, names] = [process.argv[2], process.argv.slice(3)];
const client = createClient<paths>(baseUrl === undefined ? {} : { baseUrl });

for (const name of names) {
  const { data, error, response } = await client.POST("/users", { body: { name } });
  if (error !== undefined) throw new Error(`${response.status} ${error.type}`);
  if (response.headers.get("location") === null) throw new Error(`user ${data.id} has no location`);
}

const users: User[] = [];
let cursor: string | null = null;
do {
  const query: { limit: number; cursor?: string } = cursor === null ? { limit: 2 } : { limit: 2, cursor };
  const { data, error, response } = await client.GET("/users", { params: { query } });
  if (error !== undefined) throw new Error(`${response.status} ${error.type}`);
  users.push(...data.items);
  cursor = data.nextCursor;
} while (cursor !== null);

const { error } = await client.GET("/users/{id}", { params: { path: { id: "nobody" } } });
if (error?.type !== "urn:uptake:problem:user-not-found") throw new Error(`unexpected ${error?.type}`);

console.log(users.map((user) => user.name).join("\n"));
