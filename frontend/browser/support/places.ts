import type { Chain } from "./chain.ts";
import type { Visit } from "./visit.ts";

/** A page of the app, by its address. */
export interface Place {
  path(chain: Chain): Promise<string>;
  /** The name of whoever looks at it; nobody in particular without. */
  as?: string;
}

const REFUSED = "service,user,score\nHarbour Bakery,Nobody,4\nNowhere,Amara Okafor,11\n";

const service = (name: string) => async (chain: Chain) =>
  `/services/${(await chain.api.serviceCalled(name)).id}`;

/** What the example data has. */
export const places: Record<string, Place> = {
  services: { path: async () => "/", as: "Elif Yıldız" },
  "services-not-found": { path: async () => "/?name=zzz" },
  service: { path: service("Lantern Books") },
  "service-rated": { path: service("Lantern Books"), as: "Elif Yıldız" },
  "service-to-rate": { path: service("Lantern Books"), as: "Ivo Marković" },
  "service-gone": { path: async () => "/services/01a198fb-fe64-7eb3-8d18-ce016f7e0ad4" },
  users: { path: async () => "/users", as: "Elif Yıldız" },
  user: { path: async (chain) => `/users/${(await chain.api.userCalled("Amara Okafor")).id}` },
  import: { path: async () => "/import" },
  "import-report": { path: async (chain) => `/import/${await chain.api.importing(REFUSED)}` },
  "import-gone": { path: async () => "/import/none" },
  "not-found": { path: async () => "/nowhere" },
};

/** Makes the visitor who looks at this place. */
export async function dressed(visit: Visit, chain: Chain, { as }: Place): Promise<void> {
  if (as !== undefined) await visit.becomes(await chain.api.userCalled(as));
  visit.requests.length = 0;
}
