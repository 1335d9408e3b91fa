// "What each side really gets": one row a person, its cells in fixed order, never re-sorted.

import { rowOf, type Cell } from "../protocol/cells";
import type { Person } from "../protocol/meeting";
import { useWorld } from "./world";

const CLASSES = { good: "cell", degraded: "cell deg", none: "cell none", na: "cell na" } as const;

function CellView({ cell, label, short }: { cell: Cell; label: string; short?: string }) {
  const { speak } = useWorld();
  const words = speak(cell.word, cell.values);
  const whole = cell.word === "truth.see.size" ? speak("truth.see.size.label", cell.values) : words;
  return (
    <span className={CLASSES[cell.state]} title={`${label} ${whole}`}>
      <em className={short === undefined ? "" : "wide"}>{label}</em>
      {short !== undefined && <em className="narrow">{short}</em>}
      <b>{words}</b>
      <span className="unseen">{speak(`truth.state.${cell.state}`)}</span>
    </span>
  );
}

/** `hasEcg`: there is one to be seen, in a consultation. */
export function TruthPanel({ people, hasEcg = false }: { people: readonly Person[]; hasEcg?: boolean }) {
  const { speak } = useWorld();
  // Oneself first: that is the row one can do something about.
  const rows = [...people.filter((one) => one.is_self), ...people.filter((one) => !one.is_self)];
  return (
    <section className="pane truth-panel" tabIndex={0} aria-label={speak("m3.truth")}>
      <div className="row lbl">
        <span>{speak("m3.truth")}</span>
        <span className="sp" />
        <span>{speak("m3.truthEach")}</span>
      </div>
      {rows.map((person) => {
        const row = rowOf(person);
        return (
          <div className="truth" key={person.identity}>
            <div className="who">
              <span className="who-name">{person.name}</span>
              <small>{person.is_self ? speak("m3.me") : person.place}</small>
            </div>
            <div className={hasEcg ? "cells four" : "cells"}>
              <CellView cell={row.hear} label={speak("truth.hear")} />
              <CellView cell={row.see} label={speak("truth.see")} />
              {hasEcg && <CellView cell={row.ecg} label={speak("truth.ecg")} />}
              <CellView cell={row.page} label={speak("truth.page")} short={speak("truth.pageShort")} />
            </div>
          </div>
        );
      })}
    </section>
  );
}
