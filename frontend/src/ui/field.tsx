import type { JSX } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  value: string;
  onInput(value: string): void;
  /** What is wrong with the value: told beside the field. */
  error?: string | undefined;
  hint?: string | undefined;
  /** In characters. */
  maxLength?: number;
  lines?: boolean;
  required?: boolean;
  autoFocus?: boolean;
}

/** A labelled text field with its hint and its error. */
export function Field(props: FieldProps): JSX.Element {
  const { label, value, onInput, error, hint, lines = false, maxLength } = props;
  const id = useId();
  const described = [error !== undefined && `${id}-error`, hint !== undefined && `${id}-hint`].filter(
    Boolean,
  );
  const common = {
    id,
    class: "control",
    value,
    dir: "auto" as const,
    autoComplete: "off",
    autoFocus: props.autoFocus ?? false,
    "aria-required": props.required ?? false,
    "aria-invalid": error !== undefined,
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(described.length === 0 ? {} : { "aria-describedby": described.join(" ") }),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {lines ? (
        <textarea {...common} onInput={(event) => onInput(event.currentTarget.value)} />
      ) : (
        <input {...common} type="text" onInput={(event) => onInput(event.currentTarget.value)} />
      )}
      {error !== undefined && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange(value: string): void;
}

/** A labelled list to choose from. */
export function Choice({ label, value, options, onChange }: ChoiceProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} class="control" value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
