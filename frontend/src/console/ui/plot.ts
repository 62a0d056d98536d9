import UPlot from "uplot";

import { type Drawing, spanOf } from "../state/lines.ts";
import { type How, optionsOf } from "./chart-options.ts";

/** A chart that is drawn. */
export interface Plot {
  /** Draws other values of the same lines. */
  draw(drawing: Drawing): void;
  remove(): void;
}

/** Draws into an element, as wide as that is, in the colours that the style sheet has at the moment. */
export function plot(element: HTMLElement, first: Drawing, how: Omit<How, "width" | "span">): Plot {
  let shown = first;
  const options = optionsOf(first.lines, { ...how, width: element.clientWidth, span: () => spanOf(shown) });
  const made = new UPlot(options, dataOf(first), element);
  const stops = [followSize(element, made), followColours(made)];
  return {
    draw(drawing) {
      shown = drawing;
      made.setData(dataOf(drawing));
    },
    remove() {
      for (const stop of stops) stop();
      made.destroy();
    },
  };
}

function dataOf({ times, lines }: Drawing): UPlot.AlignedData {
  return [times, ...lines.map(({ values }) => values)];
}

function followSize(element: HTMLElement, made: UPlot): () => void {
  const observer = new ResizeObserver(() => {
    made.setSize({ width: element.clientWidth, height: made.height });
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** They are looked up when they are drawn: so they are drawn anew when there are others. */
function followColours(made: UPlot): () => void {
  const media = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  const draw = () => made.redraw(false, true);
  for (const each of media) each.addEventListener("change", draw);
  return () => {
    for (const each of media) each.removeEventListener("change", draw);
  };
}
