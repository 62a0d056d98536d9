import { useComputed } from "@preact/signals";
import type { JSX } from "preact";
import { Link } from "wouter-preact";

import { Heading } from "../../ui/heading.tsx";
import type { Overview } from "../api/overview.ts";
import { byPermits, byStatus, byStream } from "../state/lines.ts";
import { history, overview } from "../state/live.ts";
import { type Trouble, troublesOf } from "../state/troubles.ts";
import { Chart } from "../ui/chart.tsx";
import { durationInWords, numberInWords, rateInWords } from "../ui/format.ts";
import { Unknown } from "../ui/unknown.tsx";
import { ProxyTable, ServiceTable, WorkerTable } from "./overview-tables.tsx";
import { Tiles } from "./tiles.tsx";

/** What waits, who works, and what died, at a glance. */
export function OverviewPage(): JSX.Element {
  const now = overview.value;
  return (
    <div class="stack overview">
      <Heading title="Overview" />
      {now === undefined ? <Unknown what="The platform" /> : <Known now={now} />}
    </div>
  );
}

function Known({ now }: { now: Overview }): JSX.Element {
  const troubles = troublesOf(now, history.value);
  return (
    <>
      {now.services.length === 0 ? (
        <NoServices />
      ) : (
        <>
          <Standing troubles={troubles} />
          <Tiles now={now} points={history.value} />
          <Charts />
          <section class="stack" aria-label="Services">
            <h2>Services</h2>
            <ServiceTable rows={now.services} />
          </section>
        </>
      )}
      <section class="stack" aria-label="Workers">
        <h2>Workers</h2>
        {now.workers.length === 0 ? (
          <p class="soft">No worker answers.</p>
        ) : (
          <WorkerTable rows={now.workers} />
        )}
      </section>
      <section class="stack" aria-label="Proxies">
        <h2>Proxies</h2>
        {now.proxies.length === 0 ? <p class="soft">No proxy answers.</p> : <ProxyTable rows={now.proxies} />}
      </section>
    </>
  );
}

/** Troubles that are listed one by one: of a whole platform that is ill more would hide the rest of the page. */
const SHOWN = 8;

/** One line when all is well; else what is wrong, each with the way to more of it. */
function Standing({ troubles }: { troubles: Trouble[] }): JSX.Element {
  if (troubles.length === 0) {
    return (
      <p class="standing well" role="status">
        All is well: nothing waits too long, and nothing fails.
      </p>
    );
  }
  return (
    <>
      {/* The figures change all the time: only how many things are wrong is read aloud. */}
      <p class="visually-hidden" role="status">
        {troubles.length === 1 ? "Something needs a look." : `${troubles.length} things need a look.`}
      </p>
      <ul class="standing" aria-label="What needs a look">
        {troubles.slice(0, SHOWN).map((trouble) => (
          <One key={trouble.key} trouble={trouble} />
        ))}
        {troubles.length > SHOWN && <li>And {troubles.length - SHOWN} more.</li>}
      </ul>
    </>
  );
}

function One({ trouble: { what, text, href, grave } }: { trouble: Trouble }): JSX.Element {
  return (
    <li class={grave ? "grave" : undefined}>
      <span>
        {what !== undefined && (
          <>
            <bdi class="strong">{what}</bdi>:{" "}
          </>
        )}
        {text}
        {href !== "/" && (
          <>
            {" "}
            <Link href={href} aria-label={`Look: ${what ?? text}`}>
              Look
            </Link>
          </>
        )}
      </span>
    </li>
  );
}

function NoServices(): JSX.Element {
  return (
    <div class="state">
      <p>
        No service has a stream here yet. A worker makes its streams when it starts: start one, such as{" "}
        <code>hello</code>, with the same <code>--nats-url</code> as this proxy.
      </p>
    </div>
  );
}

function Charts(): JSX.Element {
  const names = useComputed(() => {
    const services = overview.value?.services ?? [];
    const label = (name: string, kind: string) => (kind === "call" ? name : `${name} (${kind})`);
    return new Map(services.map(({ stream, name, class: kind }) => [stream, label(name, kind)]));
  });
  const points = history.value;
  return (
    <div class="charts">
      <Chart
        title="Requests by status"
        unit="answers a second"
        drawing={byStatus(points)}
        inWords={rateInWords}
      />
      <Chart
        title="Waiting by service"
        unit="requests"
        drawing={byStream(points, "waiting", names.value)}
        inWords={numberInWords}
        isWhole
      />
      <Chart
        title="Oldest waiting"
        unit="age"
        drawing={byStream(points, "oldest", names.value)}
        inWords={durationInWords}
      />
      <Chart
        title="Permits"
        unit="of all workers"
        drawing={byPermits(points)}
        inWords={numberInWords}
        isWhole
      />
    </div>
  );
}
