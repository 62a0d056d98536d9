// What a person does with the rating app: look at the best services, open one, read what others say, now and then rate.

import { ask } from "./ask.js";
import { newKey } from "./data.js";

// Names of the requests, as the summary shows them.
export const READS = ["list services", "show a service", "list its ratings", "name its raters"];
export const WRITES = ["rate a service", "change a rating"];
export const JOURNEY = [...READS, ...WRITES];

// Services on the first page of the app.
const PAGE = 12;

// One visit. `run` has `users` and `services`; one of `writeEvery` visitors rates.
export function visit(run, timeline, number, writeEvery) {
  const service = run.services[number % run.services.length];
  ask(run, timeline, {
    name: "list services",
    path: `/services?sort=-averageScore&limit=${PAGE}`,
    right: (response) => isSorted(response.json().items),
  });
  ask(run, timeline, {
    name: "show a service",
    path: `/services/${service}`,
    right: (response) => response.json().id === service && response.headers.Etag !== undefined,
  });
  const ratings = ask(run, timeline, {
    name: "list its ratings",
    path: `/ratings?serviceId=${service}&limit=20`,
    right: (response) => response.json().items.every((rating) => rating.serviceId === service),
  });
  nameRaters(run, timeline, ratings);
  if (number % writeEvery === 0) {
    rate(run, timeline, run.users[Math.floor(number / writeEvery) % run.users.length], service);
  }
}

function isSorted(items) {
  const averages = items.map((item) => (item.averageScore === null ? -1 : item.averageScore));
  return (
    items.length > 0 && averages.every((average, index) => index === 0 || average <= averages[index - 1])
  );
}

function nameRaters(run, timeline, ratings) {
  const items = ratings?.json().items ?? [];
  const ids = [...new Set(items.map((rating) => rating.userId))];
  if (ids.length > 0) {
    ask(run, timeline, {
      name: "name its raters",
      path: `/users?ids=${ids.join(",")}`,
      right: (response) =>
        response.json().items.every((user) => ids.includes(user.id) && user.name.length > 0),
    });
  }
}

// Rates, or changes the rating that is there already, as the app does.
function rate(run, timeline, userId, serviceId) {
  const score = Math.floor(Math.random() * 11) / 2;
  const answer = ask(run, timeline, {
    name: "rate a service",
    method: "POST",
    path: "/ratings",
    body: { userId, serviceId, score, comment: "Seen from the load test." },
    fields: { "Idempotency-Key": newKey() },
    expected: [201, 409],
    right: (response) =>
      response.status === 409 ? existing(response) !== undefined : response.json().score === score,
  });
  const known = answer?.status === 409 ? existing(answer) : undefined;
  if (known !== undefined) {
    ask(run, timeline, {
      name: "change a rating",
      method: "PATCH",
      path: `/ratings/${known}`,
      body: { score },
      fields: { "Idempotency-Key": newKey() },
      right: (response) => response.json().id === known && response.json().score === score,
    });
  }
}

function existing(response) {
  return response.json().errors?.[0]?.ratingId;
}
