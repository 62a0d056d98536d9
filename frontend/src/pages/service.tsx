import type { JSX } from "preact";

import type { Service } from "../api/types.ts";
import { member } from "../state/member.ts";
import { service as serviceOf } from "../state/services.ts";
import { Distribution } from "../ui/distribution.tsx";
import { Heading } from "../ui/heading.tsx";
import { Loading } from "../ui/loading.tsx";
import { averageInWords, counted } from "../ui/score.ts";
import { Stars } from "../ui/stars.tsx";
import { useResource } from "../ui/use-resource.ts";
import { RatingList } from "./rating-list.tsx";
import { ChooseYourself, YourRating } from "./your-rating.tsx";

/** One service: how it is rated, the rating of who looks at it, and those of all. */
export function ServicePage({ id }: { id: string }): JSX.Element {
  const resource = useResource(() => serviceOf(id), [id]);
  const name = resource.data.value?.name;
  return (
    <div class="stack">
      <Heading title={name ?? "Service"}>
        {name ?? (resource.failure.value === undefined ? <NameSkeleton /> : "Service")}
      </Heading>
      <Loading resource={resource} what="The service" skeleton={<Body id={id} service={undefined} />}>
        {(service) => <Body id={id} service={service} />}
      </Loading>
    </div>
  );
}

/** What needs the id alone is asked for together with the service, not after it. */
function Body({ id, service }: { id: string; service: Service | undefined }): JSX.Element {
  const user = member.value;
  return (
    <>
      <p class="lead described" dir="auto">
        {service === undefined ? (
          <span class="skeleton line medium" aria-hidden="true" />
        ) : (
          (service.description ?? "No description.")
        )}
      </p>
      <div class="service">
        <div class="stack">
          {service === undefined ? <FiguresSkeleton /> : <Figures service={service} />}
          {user === undefined ? <ChooseYourself /> : <YourRating key={user.id} serviceId={id} user={user} />}
        </div>
        <RatingList of={{ serviceId: id }} none="Nobody has rated it yet. Be the first." />
      </div>
    </>
  );
}

function Figures({ service }: { service: Service }): JSX.Element {
  const { averageScore, ratingCount, distribution } = service;
  return (
    <div class="panel stack">
      <div class="big-average">
        <span class="number">
          {averageScore === null ? <span class="soft">–</span> : averageInWords(averageScore)}
        </span>
        <div>
          <Stars score={averageScore ?? 0} size={26} />
          <span class="soft">
            {averageScore !== null && <span class="visually-hidden">of 5, </span>}
            {ratingCount === 0 ? "No ratings yet" : counted(ratingCount, "rating")}
          </span>
        </div>
      </div>
      <Distribution distribution={distribution ?? []} large />
    </div>
  );
}

function NameSkeleton(): JSX.Element {
  return (
    <>
      <span class="visually-hidden">Service</span>
      <span class="skeleton line medium" aria-hidden="true" />
    </>
  );
}

/** Has the size of the figures. */
function FiguresSkeleton(): JSX.Element {
  return (
    <div class="panel stack" aria-hidden="true">
      <span class="skeleton big-average-skeleton" />
      <span class="distribution large" />
    </div>
  );
}
