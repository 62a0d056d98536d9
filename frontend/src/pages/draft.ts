/** A rating that is being written. */
export interface Draft {
  score: number | undefined;
  comment: string;
}

export const EMPTY_DRAFT: Draft = { score: undefined, comment: "" };
