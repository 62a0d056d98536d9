import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Link, useLocation } from "wouter-preact";

import { notify } from "../../state/notices.ts";
import { resource } from "../../state/resource.ts";
import { Copy } from "../../ui/copy.tsx";
import { Heading } from "../../ui/heading.tsx";
import { Loading } from "../../ui/loading.tsx";
import { sizeInWords } from "../../ui/size.ts";
import { useResource } from "../../ui/use-resource.ts";
import { type LetterWithMessage, readLetter, redrive, remove } from "../api/letters.ts";
import { Age } from "../ui/age.tsx";
import { Ask } from "../ui/ask.tsx";
import { Body } from "../ui/body.tsx";
import { causeInWords } from "../ui/cause.ts";
import { Details, Fields } from "../ui/details.tsx";
import { numberInWords, seeable } from "../ui/format.ts";
import { RequestLine } from "../ui/request-line.tsx";
import { TableSkeleton } from "../ui/table.tsx";

/** One dead letter: why it died, and the message; and what can be done with it. */
export function LetterPage({ sequence }: { sequence: string }): JSX.Element {
  const letter = useResource(() => resource((signal) => readLetter(sequence, signal)), [sequence]);
  return (
    <div class="stack">
      <Heading title={`Dead letter ${sequence}`} />
      <Loading resource={letter} what="This dead letter" skeleton={<TableSkeleton rows={8} />}>
        {(known) => <Known letter={known} />}
      </Loading>
    </div>
  );
}

function Known({ letter }: { letter: LetterWithMessage }): JSX.Element {
  const [asks, setAsks] = useState<"redrive" | "delete">();
  const { sequence, message, facts } = letter;
  const traceId = facts.traceparent?.split("-")[1];
  return (
    <>
      <div class="row">
        <button type="button" class="button primary" onClick={() => setAsks("redrive")}>
          Redrive
        </button>
        <button type="button" class="button" onClick={() => setAsks("delete")}>
          Delete
        </button>
        {traceId !== undefined && <Copy label="Copy trace id" text={traceId} />}
      </div>
      <section class="panel" aria-label="Why it died">
        <Facts letter={letter} traceId={traceId} />
      </section>
      <section class="panel stack" aria-label="Message">
        <h2>Message</h2>
        <Details
          of={[
            [
              "Subject",
              <bdi key="subject" class="id">
                {seeable(message.subject)}
              </bdi>,
            ],
          ]}
        />
        <h3>Headers</h3>
        <Fields label="Headers" fields={message.headers} />
        {facts.leftOut.length > 0 && (
          <p class="soft small">
            Not stored: {facts.leftOut.map(seeable).join(", ")}. A redrive runs without.
          </p>
        )}
        <h3>Body</h3>
        <Body label="Body" base64={message.body} file={`dead-letter-${sequence}.bin`} />
      </section>
      <Asks what={asks} letter={letter} onClose={() => setAsks(undefined)} />
    </>
  );
}

interface AsksProps {
  what: "redrive" | "delete" | undefined;
  letter: LetterWithMessage;
  onClose(): void;
}

/** What is done leads away, and the way back passes it: the letter is not there any more. */
function Asks({ what, letter: { sequence }, onClose }: AsksProps): JSX.Element | null {
  const [, navigate] = useLocation();
  if (what === undefined) return null;
  if (what === "delete") {
    const closed = (done: boolean) => {
      onClose();
      if (!done) return;
      notify({ tone: "success", text: `Dead letter ${sequence} is deleted.` });
      navigate("/dead-letters", { replace: true });
    };
    return (
      <Ask
        title={`Delete dead letter ${sequence}?`}
        text="It is gone for good: it cannot be redriven any more."
        verb="Delete"
        keep="Keep it"
        act={() => remove(sequence)}
        onClose={closed}
      />
    );
  }
  let job = "";
  const closed = (done: boolean) => {
    onClose();
    if (!done) return;
    notify({ tone: "success", text: `Dead letter ${sequence} runs again.` });
    navigate(`/jobs/${job}`, { replace: true });
  };
  const act = async () => {
    job = (await redrive(sequence)).job;
  };
  return (
    <Ask
      title={`Redrive dead letter ${sequence}?`}
      text="Its request runs again as a job, without the fields that were not stored."
      verb="Redrive"
      keep="Not now"
      act={act}
      onClose={closed}
    />
  );
}

interface FactsProps {
  letter: LetterWithMessage;
  traceId: string | undefined;
}

function Facts({ letter: { octets, facts }, traceId }: FactsProps): JSX.Element {
  const { job, run, status, error } = facts;
  const lost = facts.lost > 0 ? `, ${numberInWords(facts.lost)} of them lost` : "";
  return (
    <Details
      of={[
        ["Cause", `${causeInWords(facts.cause)} (${facts.cause})`],
        ["Request", <RequestLine key="request" method={facts.method} target={facts.target} />],
        ["Service", <bdi key="service">{facts.service}</bdi>],
        ["Died", <Age key="died" time={facts.at} />],
        ["Attempts", numberInWords(facts.attempts) + lost],
        ["Last answer", status && `${status} ${error ?? ""}`],
        [
          "Job",
          job && (
            <>
              <Link href={`/jobs/${job}`} className="id">
                {job}
              </Link>
              , run {run ?? 1}
              {facts.keyed && ", with an idempotency key"}
            </>
          ),
        ],
        ["Stream", `${facts.stream}, sequence ${facts.sequence}`],
        ["Worker", facts.worker],
        ["Request id", seeable(facts.requestId)],
        ["Trace id", traceId && <span class="id">{seeable(traceId)}</span>],
        ["Stored", sizeInWords(octets)],
      ]}
    />
  );
}
