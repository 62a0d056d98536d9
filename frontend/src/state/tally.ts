import type { Service } from "../api/types.ts";

/** A service with one score less, one more, or another one; as the service itself counts. */
export function recount(service: Service, before: number | undefined, after: number | undefined): Service {
  if (before === after) return service;
  const count = service.ratingCount + (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  // In whole half points, as the service keeps them, so that nothing is rounded twice.
  const sum =
    Math.round((service.averageScore ?? 0) * 2 * service.ratingCount) + 2 * ((after ?? 0) - (before ?? 0));
  const counted: Service = {
    ...service,
    ratingCount: Math.max(0, count),
    averageScore: count > 0 ? sum / (2 * count) : null,
  };
  if (!service.distribution) return counted;
  const change = (score: number) => (score === after ? 1 : 0) - (score === before ? 1 : 0);
  const distribution = service.distribution.map(({ score, count }) => ({
    score,
    count: Math.max(0, count + change(score)),
  }));
  return { ...counted, distribution };
}
