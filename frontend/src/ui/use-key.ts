import { useState } from "preact/hooks";

import type { Failure } from "../api/failure.ts";
import { newKey } from "../api/write.ts";

/**
 * The key of what a form sends. The same content keeps it, so that a second press after a lost answer has no second
 * effect; other content, or an answer that is kept under the key, needs another one.
 */
export function useKey(content: readonly unknown[], failure: Failure | undefined): string {
  const [keyOf] = useState(keys);
  return keyOf(content, failure);
}

/** The keys of one form, by what it has and by its last failure. */
export function keys(): (content: readonly unknown[], failure: Failure | undefined) => string {
  let key = newKey();
  let sent: readonly unknown[] = [];
  let spentBy: Failure | undefined;
  return (content, failure) => {
    const isOther = content.some((value, index) => value !== sent[index]);
    // That a failure goes, because the next press is on its way, changes nothing.
    const isSpent = failure?.keySpent === true && failure !== spentBy;
    if (isOther || isSpent) key = newKey();
    if (isSpent) spentBy = failure;
    sent = content;
    return key;
  };
}
