// The map of the keys: those of the case, and those of the ECG in it.

import { Dialog } from "../pieces";
import { KeysSwitch } from "../Top";
import { useWorld } from "../world";

const KEYS = [
  ["Enter", "accept"],
  ["B", "backup"],
  ["D", "decline"],
  ["N", "mute"],
  ["V", "camera"],
  ["P", "still"],
  ["H", "share"],
  ["T", "talk"],
  ["O", "opinion"],
  ["Alt 1–9", "phrase"],
  ["Ctrl S", "save"],
  ["Ctrl Enter", "sign"],
  ["Esc", "back"],
  ["F6", "pane"],
  ["?", "map"],
] as const;

/** Of ui/ecg/EcgPane.tsx. */
const ECG_KEYS = [
  ["Space", "freeze"],
  ["L", "lane"],
  ["C", "caliper"],
  ["← → ↑ ↓", "move"],
  ["Shift ←", "far"],
  ["Tab", "other"],
  ["M", "march"],
  ["V", "mv"],
  ["1 2 3", "layout"],
  ["+ −", "gain"],
  ["PgUp PgDn", "page"],
  ["[ ]", "event"],
  ["G", "gap"],
  ["Esc", "away"],
] as const;

export function KeyMap({ onClose }: { onClose: () => void }) {
  const { speak } = useWorld();
  return (
    <Dialog title={speak("s2.keys.title")} onClose={onClose}>
      <Keys rows={KEYS.map(([key, what]) => [key, speak(`s2.keys.${what}`)])} />
      <h3>{speak("ecg.title")}</h3>
      <EcgKeys />
      <KeysEnd />
    </Dialog>
  );
}

/** Where there is no case: the ECG's keys alone. */
export function EcgKeyMap({ onClose }: { onClose: () => void }) {
  const { speak } = useWorld();
  return (
    <Dialog title={speak("s2.keys.title")} onClose={onClose}>
      <EcgKeys />
      <KeysEnd />
    </Dialog>
  );
}

function EcgKeys() {
  const { speak } = useWorld();
  return <Keys rows={ECG_KEYS.map(([key, what]) => [key, speak(`ecg.keys.${what}`)])} />;
}

function Keys({ rows }: { rows: readonly (readonly [string, string])[] }) {
  return (
    <dl className="key-map">
      {rows.map(([key, words]) => (
        <div key={key} className="row">
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  );
}

function KeysEnd() {
  const { speak } = useWorld();
  return (
    <>
      <div className="setting">
        <span>{speak("app.keys")}</span>
        <KeysSwitch />
      </div>
      <p className="fine">{speak("s2.keys.more")}</p>
    </>
  );
}
