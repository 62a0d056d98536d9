import type { components, paths } from "./schema.d.ts";

export type Rating = components["schemas"]["Rating"];
export type User = components["schemas"]["User"];
export type Problem = components["schemas"]["Problem"];
export type ScoreCount = components["schemas"]["ScoreCount"];
export type NewRating = components["schemas"]["NewRating"];
export type RatingPatch = components["schemas"]["RatingPatch"];
export type ImportReport = components["schemas"]["Report"];
export type NewService = components["schemas"]["NewService"];

/** A service as lists have it, and with the distribution of its scores where it was asked for. */
export type Service = components["schemas"]["Service"] & { distribution?: ScoreCount[] };

/** One page of a list; `nextCursor` is null at the end. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export type Method = "get" | "post" | "patch" | "delete";

/** The paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends { [K in M]: { responses: unknown } } ? P : never;
}[keyof paths];

/** The operation of a method at a path. */
export type Operation<P extends keyof paths, M extends Method> = paths[P] extends { [K in M]: infer O }
  ? O
  : never;

type Content<A> = A extends { content: infer C } ? C[keyof C] : undefined;

/** What a successful answer brings. */
export type Data<O> = O extends { responses: infer R }
  ? { [S in keyof R & (200 | 201 | 204)]: Content<R[S]> }[keyof R & (200 | 201 | 204)]
  : never;

/** The parameters of an operation. */
export type Params<O> = (O extends { parameters: { path: infer P } } ? { path: P } : { path?: never }) &
  (O extends { parameters: { query?: infer Q } }
    ? { query?: { [N in keyof Q]?: Q[N] | undefined } }
    : { query?: never });

/** What an operation takes as its body. */
export type Body<O> = O extends { requestBody: { content: infer C } } ? C[keyof C] : undefined;
