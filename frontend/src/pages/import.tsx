import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { useLocation } from "wouter-preact";

import "../styles/import.css";
import { base } from "../base.ts";
import { MOST_OCTETS, start } from "../state/import.ts";
import { Heading } from "../ui/heading.tsx";
import { sizeInWords } from "../ui/size.ts";
import { FormTrouble } from "../ui/trouble.tsx";
import { useKey } from "../ui/use-key.ts";
import { useSubmit } from "../ui/use-submit.ts";
import { faultOfFile, previewOf } from "./csv.ts";

export { ImportJobPage } from "./import-job.tsx";

/** How much of a file is read for its preview, in octets. */
const PREVIEW_OCTETS = 8 * 1024;

/** What an import is, and the file for it. */
export function ImportPage(): JSX.Element {
  return (
    <div class="stack">
      <Heading title="Import ratings" />
      <div class="import">
        <FileForm />
        <Explanation />
      </div>
    </div>
  );
}

function Explanation(): JSX.Element {
  return (
    <section class="stack" aria-labelledby="columns">
      <h2 id="columns">What the file looks like</h2>
      <p>
        A CSV file in UTF-8. Its first line names the columns, in any order: <code>service</code>,{" "}
        <code>user</code>, <code>score</code> and, if you like, <code>comment</code>. Each further line is a
        rating.
      </p>
      <pre class="sample" tabIndex={0} aria-label="Example of a file">
        {'service,user,score,comment\nHarbour Bakery,Amara Okafor,4.5,"Warm, and worth the queue."\n'}
        {"Kestrel Couriers,Elif Yıldız,3,"}
      </pre>
      <ul class="stack bullets">
        <li>Services and users are named exactly as they are here, or by their ids.</li>
        <li>Scores go from 0 to 5 in steps of 0.5.</li>
        <li>Who has rated a service already changes that rating.</li>
        <li>Lines that cannot be taken are refused one by one; you see them at the end.</li>
      </ul>
      <p>
        <a href={`${base}/ratings-example.csv`} download>
          Download an example
        </a>
      </p>
    </section>
  );
}

/** A file that was chosen, and what can be told of it before it is sent. */
interface Chosen {
  file: File;
  lines: string[];
  fault: string | undefined;
}

async function lookInto(file: File): Promise<Chosen> {
  const lines = previewOf(await file.slice(0, PREVIEW_OCTETS).text());
  return { file, lines, fault: faultOfFile(lines, file.size, MOST_OCTETS) };
}

function FileForm(): JSX.Element {
  const id = useId();
  const [, navigate] = useLocation();
  const [chosen, setChosen] = useState<Chosen>();
  const [over, setOver] = useState(false);
  const { form, busy, failure, run, refuse } = useSubmit();
  const key = useKey([chosen], failure);
  useDropOnlyInto(form);

  const choose = async (file: File | null | undefined) => {
    setChosen(file == null ? undefined : await lookInto(file));
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (chosen === undefined) {
      refuse([{ name: "file", text: "Choose a file." }]);
    } else if (chosen.fault === undefined) {
      run(async () => navigate(`/import/${await start(await chosen.file.text(), key)}`));
    }
  };
  const fault =
    chosen === undefined ? failure?.fields.find(({ name }) => name === "file")?.text : chosen.fault;
  return (
    <form
      ref={form}
      class={over ? "drop over" : "drop"}
      noValidate
      onSubmit={submit}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void choose(event.dataTransfer?.files[0]);
      }}
    >
      <div class="field">
        <label for={id}>CSV file</label>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv"
          aria-invalid={fault !== undefined}
          aria-describedby={`${id}-hint ${id}-error`}
          onChange={(event) => void choose(event.currentTarget.files?.[0])}
        />
        <p class="field-hint" id={`${id}-hint`}>
          Choose it, or drop it here. At most {sizeInWords(MOST_OCTETS)}.
        </p>
        <p class="field-error" id={`${id}-error`} role="alert">
          {fault}
        </p>
      </div>
      {chosen !== undefined && <Preview chosen={chosen} />}
      {chosen !== undefined && <FormTrouble failure={failure} />}
      <button
        type="submit"
        class="button primary"
        aria-disabled={busy || chosen === undefined || chosen.fault !== undefined}
      >
        {busy ? "Sending…" : "Import"}
      </button>
    </form>
  );
}

function Preview({ chosen }: { chosen: Chosen }): JSX.Element {
  const { file, lines } = chosen;
  return (
    <div role="status">
      <p>
        <bdi>
          <strong>{file.name}</strong>
        </bdi>
        , {sizeInWords(file.size)}
        {lines.length > 0 && ". It begins so:"}
      </p>
      {lines.length > 0 && (
        <pre class="sample" dir="auto" tabIndex={0} aria-label="First lines of the file">
          {lines.join("\n")}
        </pre>
      )}
    </div>
  );
}

/** A file that is dropped beside the form would replace the page by the file. */
function useDropOnlyInto(form: { current: HTMLFormElement | null }): void {
  useEffect(() => {
    const stop = (event: DragEvent) => {
      if (!(event.target instanceof Node && form.current?.contains(event.target))) {
        event.preventDefault();
        if (event.dataTransfer !== null) {
          event.dataTransfer.dropEffect = "none";
        }
      }
    };
    addEventListener("dragover", stop);
    addEventListener("drop", stop);
    return () => {
      removeEventListener("dragover", stop);
      removeEventListener("drop", stop);
    };
  }, []);
}
