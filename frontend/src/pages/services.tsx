import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { SERVICES_A_PAGE, services } from "../state/services.ts";
import { Empty } from "../ui/empty.tsx";
import { Choice } from "../ui/field.tsx";
import { Heading } from "../ui/heading.tsx";
import { Line, PLUS } from "../ui/icons.tsx";
import { Loading } from "../ui/loading.tsx";
import { Pages } from "../ui/pages.tsx";
import { counted } from "../ui/score.ts";
import { SearchField } from "../ui/search-field.tsx";
import { useListQuery } from "../ui/use-list-query.ts";
import { useResource } from "../ui/use-resource.ts";
import { AddService } from "./add-service.tsx";
import { ServiceCard, ServiceCardSkeleton } from "./service-card.tsx";

const BEST_FIRST = "-averageScore";
const ORDERS = [
  [BEST_FIRST, "Best rated first"],
  ["averageScore", "Worst rated first"],
  ["name", "Name"],
  ["-createdAt", "Newest first"],
] as const;

/** All services: search, order, pages. */
export function ServicesPage(): JSX.Element {
  const query = useListQuery(BEST_FIRST);
  const { name, cursor } = query;
  const sort = ORDERS.find(([order]) => order === query.sort)?.[0] ?? BEST_FIRST;
  const [adding, setAdding] = useState(false);
  const list = useResource(() => services({ name, sort, cursor }), [name, sort, cursor]);
  return (
    <div class="stack">
      <div class="page-head">
        <Heading title="Services" />
        <button type="button" class="button primary" onClick={() => setAdding(true)}>
          <Line path={PLUS} />
          Add service
        </button>
      </div>
      <div class="filters">
        <SearchField label="Search services" value={name} onSearch={query.search} />
        <Choice label="Sort by" value={sort} options={ORDERS} onChange={query.sortBy} />
      </div>
      <Loading
        resource={list}
        what="Services"
        keep
        said={({ items }) => counted(items.length, "service")}
        skeleton={<CardSkeletons />}
      >
        {({ items, nextCursor }) => (
          <>
            {items.length === 0 ? (
              <NoServices name={name} onShowAll={() => query.search("")} />
            ) : (
              <ul class="cards" aria-label="Services">
                {items.map((service) => (
                  <li key={service.id}>
                    <ServiceCard service={service} />
                  </li>
                ))}
              </ul>
            )}
            <Pages
              onPrevious={query.previous}
              onNext={nextCursor === null ? undefined : () => query.next(nextCursor)}
              ready={list.data.value !== undefined}
            />
          </>
        )}
      </Loading>
      {adding && <AddService onClose={() => setAdding(false)} />}
    </div>
  );
}

function NoServices({ name, onShowAll }: { name: string; onShowAll(): void }): JSX.Element {
  if (name === "") {
    return <Empty text="There are no services yet. Add the first one." />;
  }
  return (
    <Empty text={`No service begins with “${name}”.`}>
      <button type="button" class="button" onClick={onShowAll}>
        Show all services
      </button>
    </Empty>
  );
}

function CardSkeletons(): JSX.Element {
  return (
    <div class="cards">
      {Array.from({ length: SERVICES_A_PAGE }, (_, index) => (
        <ServiceCardSkeleton key={index} />
      ))}
    </div>
  );
}
