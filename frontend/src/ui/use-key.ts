import { useMemo } from "preact/hooks";

import type { Failure } from "../api/failure.ts";
import { newKey } from "../api/write.ts";

/**
 * The key of what a form sends. The same content keeps it, so that a second press after a lost answer has no second
 * effect; other content, or an answer that is kept under the key, needs another one.
 */
export function useKey(content: readonly unknown[], failure: Failure | undefined): string {
  const spent = failure?.keySpent === true ? failure : undefined;
  return useMemo(newKey, [...content, spent]);
}
