import { useEffect, useMemo } from "preact/hooks";

/** Makes a resource for as long as the component is there and its reasons stay the same. */
export function useResource<R extends { dispose(): void }>(make: () => R, reasons: readonly unknown[]): R {
  const resource = useMemo(make, reasons);
  useEffect(() => () => resource.dispose(), [resource]);
  return resource;
}
