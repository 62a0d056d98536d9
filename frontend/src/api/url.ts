import { api } from "../base.ts";

type Values = Record<string, unknown>;

/** The URL of a path of the API. Lists are separated by commas; what is undefined or empty is left out. */
export function urlOf(path: string, params: { path?: unknown; query?: unknown } = {}): string {
  const [inPath, inQuery] = [(params.path ?? {}) as Values, (params.query ?? {}) as Values];
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inPath[name])));
  const query = Object.entries(inQuery)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .join("&");
  return api + filled + (query && `?${query}`);
}
