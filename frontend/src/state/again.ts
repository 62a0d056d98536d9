import { effect } from "@preact/signals";
import { read } from "../api/read.ts";
import type { Rating, Service } from "../api/types.ts";
import { doubt, idsOf, now, type Pair, see, takeDoubted } from "./ledger.ts";
import { serviceNames } from "./names.ts";

/** Asks for a service as it is now. @throws ApiError */
export async function askForService(id: string, signal?: AbortSignal): Promise<Service> {
  const since = now();
  const found = await read("/services/{id}", { path: { id } }, signal);
  see(since, { services: [found] });
  serviceNames.learn([found]);
  return found;
}

/** Looks a rating up by who rated what. @throws ApiError */
export async function findRating(pair: Pair): Promise<Rating | undefined> {
  return (await read("/ratings", { query: { ...idsOf(pair), limit: 1 } })).items[0];
}

async function askForRating(pair: Pair): Promise<void> {
  const since = now();
  const found = await findRating(pair);
  see(since, found ? { ratings: [found] } : { none: pair });
}

// Whatever is in doubt is asked for as soon as nothing of it is on its way.
effect(() => {
  const { pairs, services } = takeDoubted();
  for (const pair of pairs) askForRating(pair).catch(() => doubt(pair));
  for (const id of services) askForService(id).catch(() => doubt(id));
});
