import type { JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { useLocation } from "wouter-preact";

import "../styles/import.css";
import "../styles/progress.css";
import { failureOf } from "../api/failure.ts";
import { base } from "../base.ts";
import { MOST_OCTETS, start } from "../state/import.ts";
import { notify } from "../state/notices.ts";
import { Heading } from "../ui/heading.tsx";
import { sizeInWords } from "../ui/size.ts";
import { FormTrouble } from "../ui/trouble.tsx";
import { useIsShown } from "../ui/use-is-shown.ts";
import { useKey } from "../ui/use-key.ts";
import { useSubmit } from "../ui/use-submit.ts";
import { type Chosen, lookInto } from "./chosen-file.ts";

export { ImportJobPage } from "./import-job.tsx";

/** How long is told that an import has begun, to who has gone on, in ms. */
const BEGUN_MS = 30_000;

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
        <a href={`${base}/ratings-example.csv`} download="ratings-example.csv">
          Download an example
        </a>
      </p>
    </section>
  );
}

function FileForm(): JSX.Element {
  const id = useId();
  const send = useSend();
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
      run(() => send(chosen.text, key));
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
        // Text that is dropped is no choice, and takes none away.
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) {
          void choose(file);
        }
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
          onClick={(event) => {
            // Else a file that was mended meanwhile is no change to the browser when it is chosen again.
            event.currentTarget.value = "";
            setChosen(undefined);
          }}
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

/** Sends a file, and shows its import; whoever has gone to another page meanwhile is told there. */
function useSend(): (text: string, key: string) => Promise<void> {
  const [, navigate] = useLocation();
  const isShown = useIsShown();
  return async (text, key) => {
    try {
      const id = await start(text, key);
      const show = () => navigate(`/import/${id}`);
      if (isShown()) {
        show();
      } else {
        const action = { label: "Show it", run: show };
        notify({ tone: "info", text: "The import has begun", action, lasts: BEGUN_MS });
      }
    } catch (error) {
      if (!isShown()) {
        notify({ tone: "error", text: "The file could not be imported", failure: failureOf(error) });
      }
      throw error;
    }
  };
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
