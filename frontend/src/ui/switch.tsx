import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { User } from "../api/types.ts";
import { member, switchTo } from "../state/member.ts";

/** Makes this user the one who rates; or says that it is. The words get the focus that the button had. */
export function Switch({ user }: { user: User }): JSX.Element {
  const tag = useRef<HTMLSpanElement>(null);
  const pressed = useRef(false);
  const isMember = member.value?.id === user.id;
  useEffect(() => {
    if (pressed.current) {
      tag.current?.focus();
    }
    pressed.current = false;
  }, [isMember]);
  if (isMember) {
    return (
      <span ref={tag} class="tag" tabIndex={-1}>
        This is you
      </span>
    );
  }
  const choose = () => {
    pressed.current = true;
    switchTo(user);
  };
  return (
    <button type="button" class="button compact" onClick={choose}>
      Switch
      {/* Those who see the row see the name in it. */}
      <span class="visually-hidden">
        {" "}
        to <bdi>{user.name}</bdi>
      </span>
    </button>
  );
}
