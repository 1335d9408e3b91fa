// One of a few values: buttons side by side, or a list that drops down.

export function EcgChoice<T extends string | number>(props: {
  kind: "row" | "list";
  label: string;
  value: T;
  options: readonly T[];
  words: (option: T) => string;
  onChange: (option: T) => void;
  className?: string;
  isShut?: (option: T) => boolean;
  /** The single key of each option (interface.md §6). */
  keyOf?: (option: T) => string;
}) {
  const { kind, label, value, options, words, onChange, className = "" } = props;
  if (kind === "list")
    return (
      <select
        className={className}
        aria-label={label}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => String(option) === event.target.value);
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {options.map((option) => (
          <option key={option} value={option}>
            {words(option)}
          </option>
        ))}
      </select>
    );
  return (
    <div className={`seg ${className}`} role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option}
          type="button"
          className={value === option ? "on" : ""}
          aria-pressed={value === option}
          aria-keyshortcuts={props.keyOf?.(option)}
          disabled={props.isShut?.(option) === true}
          onClick={() => onChange(option)}
        >
          {words(option)}
        </button>
      ))}
    </div>
  );
}
