import { signal } from "@preact/signals";
import type { Rating, Service } from "../api/types.ts";
import { recount } from "./tally.ts";

/**
 * What the server has said, and what is on its way there. What people see is the first with the second on top: so a
 * change that fails takes away exactly itself, whatever came before, meanwhile or after.
 */

/** Who rated what: there is one rating of each pair, before and after the server has given it an id. */
export type Pair = string;

export function pairOf(rating: { userId: string; serviceId: string }): Pair {
  return `${rating.userId}/${rating.serviceId}`;
}

/** A change on its way. */
export interface Change {
  readonly pair: Pair;
  /** What becomes of the rating that is there: undefined is none. */
  readonly apply: (rating: Rating | undefined) => Rating | undefined;
  /** Whether the server may know of it already. */
  sent: boolean;
}

interface Known<T> {
  value: T;
  /** The moment when a change of it settled last; 0 if none has. */
  settledAt: number;
}

const ratings = new Map<Pair, Known<Rating | undefined>>();
const services = new Map<string, Known<Service | undefined>>();
/** The most of each that are kept, far more than pages show; what was learnt first gives way. */
const MOST = 20_000;
let changes: Change[] = [];
/** Grows with each settled change: what was asked for before may be older than the change. */
let clock = 0;
/** Whoever shows something reads this first, and so is told when anything changes. */
const version = signal(0);

/** The moment; taken before something is asked for, and given to `see…` with the answer. */
export function now(): number {
  return clock;
}

/** A rating as it will be when all that is on its way succeeds; undefined where there is none. */
export function ratingOf(pair: Pair): Rating | undefined {
  version.value;
  return changes.reduce<Rating | undefined>(
    (rating, change) => (change.pair === pair ? change.apply(rating) : rating),
    ratings.get(pair)?.value,
  );
}

/** Whether a change of this rating is on its way. */
export function isPending(pair: Pair): boolean {
  version.value;
  return changes.some((change) => change.pair === pair);
}

/** A service as it will be when all that is on its way succeeds; undefined where it is not known. */
export function serviceOf(id: string): Service | undefined {
  version.value;
  const service = services.get(id)?.value;
  if (!service) return undefined;
  const pairs = new Set(changes.map((change) => change.pair).filter((pair) => serviceIdOf(pair) === id));
  return [...pairs].reduce(
    (sum, pair) => recount(sum, ratings.get(pair)?.value?.score, ratingOf(pair)?.score),
    service,
  );
}

export function idsOf(pair: Pair): { userId: string; serviceId: string } {
  const [userId = "", serviceId = ""] = pair.split("/");
  return { userId, serviceId };
}

function serviceIdOf(pair: Pair): string {
  return idsOf(pair).serviceId;
}

/** Pairs that were rated for the first time after this moment, or are being so. The newest first. */
export function createdAfter(since: number): Pair[] {
  version.value;
  const fresh = changes
    .filter(({ pair }) => !ratings.get(pair)?.value && ratingOf(pair))
    .map(({ pair }) => pair);
  const settled = [...created].filter(([pair, at]) => at > since && ratingOf(pair)).map(([pair]) => pair);
  return [...new Set([...settled, ...fresh])].reverse();
}

/** When ratings came that were not there before. */
const created = new Map<Pair, number>();
/** Services and pairs of which nobody knows how they are: an answer could be of before or of after a change. */
const doubted = new Set<string>();

function noteCreated(pair: Pair): void {
  clock += 1;
  created.set(pair, clock);
}

/** Takes over what the server answered to a question of the moment `since`. */
export function see(since: number, seen: { ratings?: Rating[]; none?: Pair; services?: Service[] }): void {
  for (const rating of seen.ratings ?? []) seeRating(pairOf(rating), rating, since);
  if (seen.none !== undefined) seeRating(seen.none, undefined, since);
  for (const service of seen.services ?? []) seeService(service, since);
  version.value += 1;
}

function seeRating(pair: Pair, value: Rating | undefined, since: number): void {
  const known = ratings.get(pair);
  const settledAt = known?.settledAt ?? 0;
  // It may be of before the change or of after it. What the change is answered will tell.
  if (settledAt > since || isBeingChanged(pair)) {
    doubted.add(pair);
    return;
  }
  // There was none, or another one: another tab was at work, or a change of ours of which no answer came.
  if (known && value && value.id !== known.value?.id) noteCreated(pair);
  keep(ratings, pair, { value, settledAt });
}

function keep<T>(known: Map<string, Known<T>>, name: string, value: Known<T>): void {
  known.delete(name);
  known.set(name, value);
  const [oldest] = known.keys();
  if (known.size > MOST && oldest !== undefined && !isBeingChanged(oldest)) known.delete(oldest);
}

function seeService(service: Service, since: number): void {
  const known = services.get(service.id);
  const settledAt = known?.settledAt ?? 0;
  let value = service;
  if (settledAt > since || isBeingChanged(service.id)) {
    doubted.add(service.id);
    // Name and description are good; whether these numbers count the change already, nobody can tell.
    if (known?.value) value = withNumbersOf(service, known.value);
  } else if (!service.distribution && known?.value?.distribution && hasSameNumbers(service, known.value)) {
    value = { ...service, distribution: known.value.distribution };
  }
  keep(services, service.id, { value, settledAt });
}

function withNumbersOf(service: Service, { ratingCount, averageScore, distribution }: Service): Service {
  return { ...service, ratingCount, averageScore, ...(distribution && { distribution }) };
}

function hasSameNumbers(one: Service, other: Service): boolean {
  return one.ratingCount === other.ratingCount && one.averageScore === other.averageScore;
}

/** Whether the server may be changing this rating, or a rating of this service. */
function isBeingChanged(name: Pair | string): boolean {
  return changes.some(({ pair, sent }) => sent && (pair === name || serviceIdOf(pair) === name));
}

/** Shows a change before it is sent. */
export function begin(pair: Pair, apply: Change["apply"]): Change {
  const change = { pair, apply, sent: false };
  changes = [...changes, change];
  version.value += 1;
  return change;
}

/** The server did what the change wanted; the rating is now this one, or none. */
export function succeed(change: Change, rating: Rating | undefined): void {
  const before = ratings.get(change.pair)?.value;
  drop(change);
  if (rating && rating.id !== before?.id) noteCreated(change.pair);
  // Its answer is newer than whatever was not taken over.
  doubted.delete(change.pair);
  applyRating(change.pair, rating);
}

/** Takes a change away that did not happen; if it may have happened all the same, what became of it is in doubt. */
export function fail(change: Change, outcome: "none" | "unknown" = "none"): void {
  drop(change);
  if (outcome === "unknown") for (const name of [change.pair, serviceIdOf(change.pair)]) doubt(name);
  version.value += 1;
}

function drop(change: Change): void {
  changes = changes.filter((other) => other !== change);
  clock += 1;
  const serviceId = serviceIdOf(change.pair);
  ratings.set(change.pair, { value: ratings.get(change.pair)?.value, settledAt: clock });
  services.set(serviceId, { value: services.get(serviceId)?.value, settledAt: clock });
}

/** A rating is now this one, or none: its service counts accordingly. Events of others come here later. */
export function applyRating(pair: Pair, rating: Rating | undefined): void {
  const serviceId = serviceIdOf(pair);
  const [known, service] = [ratings.get(pair), services.get(serviceId)];
  if (service?.value) {
    services.set(serviceId, {
      ...service,
      value: recount(service.value, known?.value?.score, rating?.score),
    });
  }
  ratings.set(pair, { value: rating, settledAt: known?.settledAt ?? 0 });
  version.value += 1;
}

/** Says that nobody knows how a service or a rating is. It is asked for with the next thing that happens. */
export function doubt(name: Pair | string): void {
  doubted.add(name);
}

/** What must be asked for anew, as far as nothing of it is on its way. Says so once. */
export function takeDoubted(): { pairs: Pair[]; services: string[] } {
  version.value;
  const names = [...doubted].filter((name) => !isBeingChanged(name));
  for (const name of names) doubted.delete(name);
  return {
    pairs: names.filter((name) => name.includes("/")),
    services: names.filter((name) => !name.includes("/")),
  };
}

/** A rating as the server has said it last, without what is on its way. */
export function settledRating(pair: Pair): Rating | undefined {
  return ratings.get(pair)?.value;
}
