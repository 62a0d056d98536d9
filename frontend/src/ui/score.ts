// Scores in words and halves: pure, so that each rule has its test.

/** All scores that can be given, ascending. */
export const SCORES: readonly number[] = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5];

/** How many of ten half stars a score fills. */
export function halvesOf(score: number): number {
  return Math.round(Math.min(5, Math.max(0, score)) * 2);
}

/** "4.5 stars", as the radio buttons are named. */
export function starsInWords(score: number): string {
  return score === 1 ? "1 star" : `${score} stars`;
}

/** An average with one decimal place: a second one would promise more than a few ratings can say. */
export function averageInWords(average: number): string {
  return average.toFixed(1);
}

/** "12 ratings". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

interface ScoreCount {
  score: number;
  count: number;
}

/** What a distribution chart shows, best score first: its name for those who do not see it. */
export function distributionInWords(distribution: readonly ScoreCount[]): string {
  const given = distribution.filter(({ count }) => count > 0).sort((a, b) => b.score - a.score);
  const total = given.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) {
    return "No ratings yet.";
  }
  const parts = given.map(({ score, count }) => `${count.toLocaleString("en")} gave ${score}`);
  return `Of ${counted(total, "rating")}, ${parts.join(", ")}.`;
}
