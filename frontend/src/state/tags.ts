/** Which tag of a rating came after which by a change of our own: the next change goes on from there. */
const later = new Map<string, string>();

/** The most tags that are kept; the oldest give way. */
const MOST = 200;

/** A change of ours made the state with the tag `after` out of the one with the tag `before`. */
export function replaceTag(before: string | undefined, after: string | undefined): void {
  if (before === undefined || after === undefined || before === after) return;
  later.set(before, after);
  const [oldest] = later.keys();
  if (later.size > MOST && oldest !== undefined) later.delete(oldest);
}

/** The tag that a state has after our own changes of it. */
export function latestTag(tag: string | undefined): string | undefined {
  let latest = tag;
  for (let steps = 0; steps < MOST && latest !== undefined; steps += 1) {
    const next = later.get(latest);
    if (next === undefined) break;
    latest = next;
  }
  return latest;
}
