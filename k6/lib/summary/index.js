// What k6 is to write at the end of a run.

import { SUMMARY_DIR } from "../settings.js";
import { figures } from "./figures.js";
import { html } from "./html.js";
import { text } from "./text.js";

// The `handleSummary` of a script: `{ name, question, slos, timeline, names }`.
export function summary(script) {
  return (data) => {
    const all = figures(script, data);
    const told = text(all);
    const files = SUMMARY_DIR && {
      [`${SUMMARY_DIR}/summary.txt`]: told,
      [`${SUMMARY_DIR}/summary.json`]: `${JSON.stringify(all, null, 2)}\n`,
      [`${SUMMARY_DIR}/summary.html`]: html(all),
    };
    return { stdout: told, ...files };
  };
}
