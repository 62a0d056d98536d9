import { computed } from "@preact/signals";
import { read } from "../api/read.ts";
import type { NewService, Page, Service } from "../api/types.ts";
import { newKey, write } from "../api/write.ts";
import { askForService } from "./again.ts";
import { now, see, serviceOf } from "./ledger.ts";
import { serviceNames } from "./names.ts";
import { type Resource, resource } from "./resource.ts";

/** How many services a page has. */
export const SERVICES_A_PAGE = 12;

/** What a list of services shows. */
export interface ServiceQuery {
  name?: string | undefined;
  sort?: "name" | "-name" | "createdAt" | "-createdAt" | "averageScore" | "-averageScore" | undefined;
  cursor?: string | undefined;
  minAverage?: number | undefined;
}

/** One page of services, with what is on its way already counted. */
export function services(query: ServiceQuery): Resource<Page<Service>> {
  const list = resource(
    async (signal) => {
      const since = now();
      const page = await read(
        "/services",
        { query: { ...query, distribution: true, limit: SERVICES_A_PAGE } },
        signal,
      );
      see(since, { services: page.items });
      serviceNames.learn(page.items);
      return page as Page<Service>;
    },
    `services ${JSON.stringify(query)}`,
  );
  const data = computed(() => {
    const page = list.data.value;
    return page && { ...page, items: page.items.map((service) => serviceOf(service.id) ?? service) };
  });
  return { ...list, data };
}

/** A service by itself. */
export function service(id: string): Resource<Service> {
  const one = resource((signal) => askForService(id, signal), `service ${id}`);
  // What a list has told of it is shown until the answer is there.
  const data = computed(() =>
    one.failure.value?.status === 404 ? undefined : (serviceOf(id) ?? one.data.value),
  );
  return { ...one, data };
}

/** Adds a service. Its key is kept by the caller, who repeats with it. @throws ApiError */
export async function createService(body: NewService, key = newKey()): Promise<Service> {
  const { data } = await write("post", "/services", { body, key });
  see(now(), { services: [data] });
  serviceNames.learn([data]);
  return data;
}
