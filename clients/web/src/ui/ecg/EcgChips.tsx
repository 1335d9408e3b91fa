// How fresh an ECG is and how whole, as chips; where there is little room each says its number alone.

import type { Chip } from "./chips";

export function EcgChips({ chips }: { chips: readonly Chip[] }) {
  return chips.map((chip) => (
    <span key={chip.text} className={`tag chip ecg-chip ${chip.kind}`} title={chip.text}>
      {chip.kind === "none" && <i className="chip-hatch" aria-hidden="true" />}
      <span className="ecg-long">{chip.text}</span>
      <span className="ecg-short" aria-hidden="true">
        {chip.short}
      </span>
    </span>
  ));
}
