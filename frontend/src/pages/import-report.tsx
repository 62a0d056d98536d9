import type { JSX } from "preact";

import type { ImportReport } from "../state/import.ts";
import { Copy } from "../ui/copy.tsx";
import { refusalsAsCsv } from "./csv.ts";

/** What became of the lines of a file. */
export function ImportReportView({ report }: { report: ImportReport }): JSX.Element {
  const figures = [
    ["Lines", report.lines],
    ["Added", report.added],
    ["Changed", report.changed],
    ["Unchanged", report.unchanged],
    ["Refused", report.refused],
  ] as const;
  return (
    <section class="stack" aria-labelledby="finished">
      <h2 id="finished">Import finished</h2>
      <dl class="figures">
        {figures.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{count.toLocaleString("en")}</dd>
          </div>
        ))}
      </dl>
      {report.refused > 0 && <Refusals report={report} />}
    </section>
  );
}

function Refusals({ report }: { report: ImportReport }): JSX.Element {
  const { refusals, refusalsNotShown } = report;
  return (
    <div class="panel stack">
      <div class="scroll" tabIndex={0} role="group" aria-label="Refused lines">
        <table>
          <caption>Refused lines</caption>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Text</th>
              <th scope="col">Reasons</th>
            </tr>
          </thead>
          <tbody>
            {refusals.map(({ line, text, reasons }) => (
              <tr key={line}>
                <td>{line}</td>
                <td>
                  <bdi>{text}</bdi>
                </td>
                <td>
                  <bdi>{reasons.join("; ")}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {refusalsNotShown > 0 && (
        <p class="soft">{refusalsNotShown.toLocaleString("en")} more are not shown.</p>
      )}
      <div class="row">
        <Copy label="Copy as CSV" text={refusalsAsCsv(refusals)} />
      </div>
    </div>
  );
}
