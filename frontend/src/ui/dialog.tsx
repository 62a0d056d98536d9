import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import { focusHeading } from "./heading.tsx";

interface DialogProps {
  title: string;
  /** Escape was pressed. */
  onClose(): void;
  broad?: boolean;
  /** The heading gets the focus: where no button is the usual answer. */
  ask?: boolean;
  children: ComponentChildren;
}

/** A modal dialog, open as long as it is rendered. The browser keeps the focus in it, and gives it back at the end. */
export function Dialog({ title, onClose, broad = false, ask = false, children }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close();
      // What opened the dialog may be gone by now.
      if (document.activeElement === document.body) {
        focusHeading();
      }
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={broad ? "broad" : undefined}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="stack">
        <h2 id={id} {...(ask && { tabIndex: -1, autoFocus: true })}>
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}
