import type { JSX } from "preact";
import { Link } from "wouter-preact";

import { member } from "../state/member.ts";
import { USERS_A_PAGE, type UserRow, users } from "../state/users.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Empty } from "../ui/empty.tsx";
import { Heading } from "../ui/heading.tsx";
import { Loading } from "../ui/loading.tsx";
import { Pages } from "../ui/pages.tsx";
import { counted } from "../ui/score.ts";
import { SearchField } from "../ui/search-field.tsx";
import { Switch } from "../ui/switch.tsx";
import { useListQuery } from "../ui/use-list-query.ts";
import { useResource } from "../ui/use-resource.ts";
import { AddUser } from "./add-user.tsx";

/** All users: search, pages, who one is, and a new one. */
export function UsersPage(): JSX.Element {
  const query = useListQuery("name");
  const { name, cursor } = query;
  const list = useResource(() => users({ name, cursor }), [name, cursor]);
  return (
    <div class="stack">
      <Heading title="Users" />
      {member.value === undefined && (
        <p class="lead">Choose who you are: your ratings are kept under that name. There is no password.</p>
      )}
      <div class="people">
        {/* First, for nobody should have to go past all others to become one of them. */}
        <AddUser />
        <div class="stack">
          <SearchField label="Search users" value={name} onSearch={query.search} />
          <Loading
            resource={list}
            what="Users"
            keep
            said={({ items }) => counted(items.length, "user")}
            skeleton={<PeopleSkeleton />}
          >
            {({ items, nextCursor }) => (
              <>
                {items.length === 0 ? (
                  <NoUsers name={name} onShowAll={() => query.search("")} />
                ) : (
                  <ul class="people-list" aria-label="Users">
                    {items.map((user) => (
                      <Person key={user.id} user={user} />
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
        </div>
      </div>
    </div>
  );
}

function Person({ user }: { user: UserRow }): JSX.Element {
  const { id, name, pending } = user;
  return (
    <li class="person" aria-busy={pending}>
      <Avatar name={name} />
      {pending ? (
        <>
          <span class="name" dir="auto">
            {name}
          </span>
          <span class="soft small">Adding…</span>
        </>
      ) : (
        <>
          <Link className="name" href={`/users/${id}`} dir="auto">
            {name}
          </Link>
          <Switch user={user} />
        </>
      )}
    </li>
  );
}

function NoUsers({ name, onShowAll }: { name: string; onShowAll(): void }): JSX.Element {
  if (name === "") {
    return <Empty text="There are no users yet. Add the first one." />;
  }
  return (
    <Empty text={`No user’s name begins with “${name}”.`}>
      <button type="button" class="button" onClick={onShowAll}>
        Show all users
      </button>
    </Empty>
  );
}

function PeopleSkeleton(): JSX.Element {
  return (
    <div class="people-list" aria-hidden="true">
      {Array.from({ length: USERS_A_PAGE }, (_, index) => (
        <div key={index} class="person">
          <span class="avatar skeleton" />
          <span class="skeleton line medium" />
        </div>
      ))}
    </div>
  );
}
