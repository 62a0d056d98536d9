import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { type Drawing, newestOf } from "../state/lines.ts";
import { clockTime } from "./format.ts";
import { Legend } from "./legend.tsx";
import type { Plot } from "./plot.ts";

interface ChartProps {
  title: string;
  /** What its figures are, such as "a second". */
  unit: string;
  drawing: Drawing;
  inWords(value: number): string;
  /** Whether its figures are counts. */
  isWhole?: boolean;
}

type Draw = typeof import("./plot.ts").plot;

/** What draws is half of the program, and is not needed to see what is wrong: it comes by itself. */
const drawer = import("./plot.ts").then(
  ({ plot }): Draw => plot,
  () => undefined,
);

/** Lines over the last 15 minutes, with a legend that needs no colour, and a sentence for those who do not see them. */
export function Chart({ title, unit, drawing, inWords, isWhole = false }: ChartProps): JSX.Element {
  const [pointed, setPointed] = useState<number>();
  const { place, isMissing } = usePlot(drawing, { inWords, isWhole, setPointed });
  const time = pointed === undefined ? undefined : drawing.times[pointed];
  return (
    <figure class="chart panel">
      <figcaption>
        <h2>{title}</h2>
        <span class="soft small">
          {unit}
          {time !== undefined && ` at ${clockTime(time * 1000)}`}
        </span>
      </figcaption>
      <div class="plot" role="img" aria-label={sentence(title, unit, drawing, inWords)}>
        <div ref={place} />
        {isMissing && <p class="soft small">No lines can be drawn here. Reload the page to try again.</p>}
        {drawing.times.length === 0 && !isMissing && <p class="soft small">No figures yet.</p>}
      </div>
      <Legend lines={drawing.lines} pointed={time === undefined ? undefined : pointed} inWords={inWords} />
    </figure>
  );
}

type How = Parameters<Draw>[2];

/** Keeps what is drawn in `place` as it is to be. */
function usePlot(shown: Drawing, how: How) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<Plot>();
  const newest = useRef(shown);
  newest.current = shown;
  const [draw, setDraw] = useState<{ it: Draw | undefined }>();
  useEffect(() => void drawer.then((it) => setDraw({ it })), []);
  // Other lines are another plot; other values of the same lines are not.
  const keys = shown.lines.map(({ key }) => key).join("\n");
  useLayoutEffect(() => {
    if (place.current === null || draw?.it === undefined) return;
    const made = draw.it(place.current, newest.current, how);
    plot.current = made;
    return () => {
      made.remove();
      plot.current = undefined;
    };
  }, [keys, draw]);
  useEffect(() => plot.current?.draw(shown), [shown]);
  return { place, isMissing: draw !== undefined && draw.it === undefined };
}

/** The newest values: what one would look for in the chart. */
function sentence(title: string, unit: string, { lines }: Drawing, inWords: ChartProps["inWords"]): string {
  const parts = lines.flatMap((line) => {
    const newest = newestOf(line);
    return newest === undefined ? [] : [`${line.label} ${inWords(newest)}`];
  });
  return `${title}, ${unit}: ${parts.length === 0 ? "no figures yet" : parts.join(", ")}.`;
}
