import type { ComponentChildren, JSX } from "preact";

import { seeable } from "./format.ts";

/** Names and values, one under the other. Those without a value are left out. */
export function Details({
  of,
}: {
  of: readonly (readonly [name: string, value: ComponentChildren])[];
}): JSX.Element {
  return (
    <dl class="details">
      {of
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** From how many characters on a value scrolls within itself, so that the keyboard must reach it. */
const LONG = 1_000;

interface FieldsProps {
  label: string;
  fields: readonly (readonly [name: string, value: string])[];
}

/** Fields of a message. They are foreign: they stay text, in their place, in the order of their characters. */
export function Fields({ label, fields }: FieldsProps): JSX.Element {
  if (fields.length === 0) return <p class="soft">None.</p>;
  return (
    <dl class="fields" aria-label={label}>
      {fields.map(([name, value], index) => (
        <div key={`${index} ${name}`}>
          <dt>
            <bdi>{seeable(name)}</bdi>
          </dt>
          <dd {...(value.length > LONG && { class: "long", tabIndex: 0 })}>
            <bdi>{seeable(value)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}
