import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import UPlot from "uplot";

import { type Drawing, newestOf, spanOf } from "../state/lines.ts";
import { optionsOf } from "./chart-options.ts";
import { clockTime } from "./format.ts";
import { Legend } from "./legend.tsx";

interface ChartProps {
  title: string;
  /** What its figures are, such as "a second". */
  unit: string;
  drawing: Drawing;
  inWords(value: number): string;
  /** Whether its figures are counts. */
  isWhole?: boolean;
}

/** Lines over the last 15 minutes, with a legend that needs no colour, and a sentence for those who do not see them. */
export function Chart({ title, unit, drawing, inWords, isWhole = false }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>();
  const [pointed, setPointed] = useState<number>();
  const shown = useRef(drawing);
  shown.current = drawing;
  const keys = drawing.lines.map(({ key }) => key).join("\n");

  // Other lines are another plot; other values of the same lines are not.
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return;
    const span = () => spanOf(shown.current);
    const options = optionsOf(shown.current.lines, {
      width: element.clientWidth,
      span,
      inWords,
      isWhole,
      setPointed,
    });
    const made = new UPlot(options, dataOf(shown.current), element);
    plot.current = made;
    const stops = [followSize(element, made), followColours(made)];
    return () => {
      for (const stop of stops) stop();
      made.destroy();
      plot.current = undefined;
    };
  }, [keys]);
  useEffect(() => plot.current?.setData(dataOf(drawing)), [drawing]);

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
        {drawing.times.length === 0 && <p class="soft small">No figures yet.</p>}
      </div>
      <Legend lines={drawing.lines} pointed={time === undefined ? undefined : pointed} inWords={inWords} />
    </figure>
  );
}

function dataOf({ times, lines }: Drawing): UPlot.AlignedData {
  return [times, ...lines.map(({ values }) => values)];
}

/** The newest values: what one would look for in the chart. */
function sentence(title: string, unit: string, { lines }: Drawing, inWords: ChartProps["inWords"]): string {
  const parts = lines.flatMap((line) => {
    const newest = newestOf(line);
    return newest === undefined ? [] : [`${line.label} ${inWords(newest)}`];
  });
  return `${title}, ${unit}: ${parts.length === 0 ? "no figures yet" : parts.join(", ")}.`;
}

function followSize(element: HTMLElement, plot: UPlot): () => void {
  const observer = new ResizeObserver(() => {
    plot.setSize({ width: element.clientWidth, height: plot.height });
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** Colours come from the style sheet when they are drawn: they are drawn anew when it has others. */
function followColours(plot: UPlot): () => void {
  const media = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  const draw = () => plot.redraw(false, true);
  for (const each of media) each.addEventListener("change", draw);
  return () => {
    for (const each of media) each.removeEventListener("change", draw);
  };
}
