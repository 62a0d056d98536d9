import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { sizeInWords } from "../../ui/size.ts";
import { octetsOf, readable, SHOWN_OCTETS } from "../state/octets.ts";
import { seeable } from "./format.ts";

interface BodyProps {
  label: string;
  base64: string;
  /** What it is called when it is downloaded. */
  file: string;
}

/** A body as text, as JSON with indents, or as hex; and as it is, to download. */
export function Body({ label, base64, file }: BodyProps): JSX.Element {
  const octets = useMemo(() => octetsOf(base64), [base64]);
  const { form, text, isCut } = useMemo(() => readable(octets), [octets]);
  const url = useUrlOf(octets);
  if (form === "empty") return <p class="soft">Empty.</p>;
  return (
    <div class="stack tight">
      <div class="row">
        <span class="soft small">
          {sizeInWords(octets.length)}, shown as {form}
          {isCut && `; only the first ${sizeInWords(SHOWN_OCTETS)}`}
        </span>
        {/* It has its room before its address is made. */}
        <a class="button compact" href={url} download={file}>
          Download body
        </a>
      </div>
      {/* It scrolls within itself, so that the keyboard must reach it. */}
      <pre class="body" tabIndex={0} role="region" aria-label={label}>
        {seeable(text)}
      </pre>
    </div>
  );
}

/** As octets of no type: no browser makes a page of it. */
function useUrlOf(octets: Uint8Array<ArrayBuffer>): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([octets], { type: "application/octet-stream" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [octets]);
  return url;
}
