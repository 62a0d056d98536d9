import type { Service } from "../api/types.ts";

/** What the service itself answers for these scores. */
export function serviceWith(scores: number[], id = "s"): Service {
  const sum = scores.reduce((sum, score) => sum + 2 * score, 0);
  return {
    id,
    name: "Harbour Café",
    createdAt: "2026-11-01T12:00:00Z",
    ratingCount: scores.length,
    averageScore: scores.length > 0 ? sum / (2 * scores.length) : null,
    distribution: Array.from({ length: 11 }, (_, half) => ({
      score: half / 2,
      count: scores.filter((score) => score === half / 2).length,
    })),
  };
}
