import { useEffect, useRef } from "preact/hooks";

/** Whether the component is still a part of the page: what it waited for may come when nobody looks at it any more. */
export function useIsShown(): () => boolean {
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return () => shown.current;
}
