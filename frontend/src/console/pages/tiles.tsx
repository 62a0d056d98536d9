import type { ComponentChildren, JSX } from "preact";

import type { Overview } from "../api/overview.ts";
import { busyOf, failedShare, type Point, permitsOf, sum } from "../state/points.ts";
import { FAILED_SECONDS, isLate } from "../state/troubles.ts";
import { Duration } from "../ui/age.tsx";
import { numberInWords, percentInWords } from "../ui/format.ts";

/** The figures that tell most. */
export function Tiles({ now, points }: { now: Overview; points: readonly Point[] }): JSX.Element {
  const waits = now.services.filter(({ waiting }) => waiting > 0);
  const oldest = Math.max(0, ...waits.map(({ oldestSeconds }) => oldestSeconds ?? 0));
  const share = failedShare(points, FAILED_SECONDS);
  const draining = now.workers.filter((worker) => worker.draining).length;
  const lacking = now.services.filter(({ noWorker }) => noWorker).length;
  return (
    <dl class="figures tiles">
      <Tile name="Waiting">{numberInWords(sum(now.services.map(({ waiting }) => waiting)))}</Tile>
      <Tile name="Oldest waiting" isMarked={now.services.some(isLate)}>
        <Duration seconds={waits.length === 0 ? null : oldest} />
      </Tile>
      <Tile name="In work / permits">
        {numberInWords(sum(now.workers.map(busyOf)))}
        <small> / {numberInWords(sum(now.workers.map(permitsOf)))}</small>
      </Tile>
      <Tile name="Workers" isMarked={lacking > 0}>
        {numberInWords(now.workers.length)}
        {draining > 0 && <small> {numberInWords(draining)} draining</small>}
      </Tile>
      <Tile name="5xx, last minute" isMarked={(share ?? 0) > 0}>
        {share === undefined ? <span class="soft">–</span> : percentInWords(share)}
      </Tile>
      <Tile name="Dead letters">{numberInWords(now.deadLetters)}</Tile>
    </dl>
  );
}

interface TileProps {
  name: string;
  isMarked?: boolean;
  children: ComponentChildren;
}

function Tile({ name, isMarked = false, children }: TileProps): JSX.Element {
  return (
    <div class={isMarked ? "marked" : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
