import type { JSX } from "preact";

import type { Service } from "../api/types.ts";
import { member } from "../state/member.ts";
import { service as serviceOf } from "../state/services.ts";
import { Distribution } from "../ui/distribution.tsx";
import { Heading } from "../ui/heading.tsx";
import { Loading } from "../ui/loading.tsx";
import { averageInWords, ratingsInWords } from "../ui/score.ts";
import { Stars } from "../ui/stars.tsx";
import { useResource } from "../ui/use-resource.ts";
import { RatingList } from "./rating-list.tsx";
import { ChooseYourself, YourRating } from "./your-rating.tsx";

/** One service: how it is rated, the rating of who looks at it, and those of all. */
export function ServicePage({ id }: { id: string }): JSX.Element {
  const resource = useResource(() => serviceOf(id), [id]);
  const service = resource.data.value;
  const user = member.value;
  return (
    <div class="stack">
      <Heading title={service?.name ?? "Service"}>
        {service?.name ?? (resource.failure.value === undefined ? <NameSkeleton /> : "Service")}
      </Heading>
      <Loading resource={resource} what="The service" skeleton={<ServiceSkeleton />}>
        {(shown) => (
          <>
            <p class="lead" dir="auto">
              {shown.description}
            </p>
            <div class="service">
              <div class="stack">
                <Figures service={shown} />
                {user === undefined ? (
                  <ChooseYourself />
                ) : (
                  <YourRating key={user.id} service={shown} user={user} />
                )}
              </div>
              <RatingList of={{ serviceId: id }} none="Nobody has rated it yet. Be the first." />
            </div>
          </>
        )}
      </Loading>
    </div>
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
            {ratingCount === 0 ? "No ratings yet" : ratingsInWords(ratingCount)}
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

function ServiceSkeleton(): JSX.Element {
  return (
    <>
      <p class="lead" aria-hidden="true">
        <span class="skeleton line medium" />
      </p>
      <div class="service" aria-hidden="true">
        <div class="panel stack">
          <span class="skeleton big-average-skeleton" />
          <span class="distribution large" />
        </div>
      </div>
    </>
  );
}
