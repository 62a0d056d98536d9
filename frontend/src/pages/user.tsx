import type { JSX } from "preact";

import { user as userOf } from "../state/users.ts";
import { Heading } from "../ui/heading.tsx";
import { Loading } from "../ui/loading.tsx";
import { Switch } from "../ui/switch.tsx";
import { useResource } from "../ui/use-resource.ts";
import { When } from "../ui/when.tsx";
import { RatingList } from "./rating-list.tsx";

/** One user, and what they have rated. */
export function UserPage({ id }: { id: string }): JSX.Element {
  const resource = useResource(() => userOf(id), [id]);
  const user = resource.data.value;
  return (
    <div class="stack">
      <Heading title={user?.name ?? "User"} />
      <Loading
        resource={resource}
        what="The user"
        skeleton={<p class="skeleton line short" aria-hidden="true" />}
      >
        {(shown) => (
          <>
            <div class="row">
              <p class="soft">
                Joined <When time={shown.createdAt} />
              </p>
              <Switch user={shown} />
            </div>
            <RatingList of={{ userId: id }} none="No ratings yet." />
          </>
        )}
      </Loading>
    </div>
  );
}
