import { useLocation, useSearch } from "wouter-preact";

/** What a list is filtered by: in the URL, so that reload, the back button and links work. */
export function useFilter<N extends string>(
  names: readonly N[],
): [Record<N, string>, (change: Partial<Record<N, string>>) => void] {
  const [path, navigate] = useLocation();
  const params = new URLSearchParams(useSearch());
  const filter = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ""])) as Record<N, string>;
  const set = (change: Partial<Record<N, string>>) => {
    const entries = Object.entries<string>({ ...filter, ...change }).filter(([, value]) => value !== "");
    const query = new URLSearchParams(entries).toString();
    // Each letter would be an entry of its own in the history.
    navigate(query === "" ? path : `${path}?${query}`, { replace: true });
  };
  return [filter, set];
}
