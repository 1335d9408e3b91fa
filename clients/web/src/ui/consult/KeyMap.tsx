// The map of the keys.

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

export function KeyMap({ onClose }: { onClose: () => void }) {
  const { speak } = useWorld();
  return (
    <Dialog title={speak("s2.keys.title")} onClose={onClose}>
      <dl className="key-map">
        {KEYS.map(([key, what]) => (
          <div key={key} className="row">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{speak(`s2.keys.${what}`)}</dd>
          </div>
        ))}
      </dl>
      <div className="setting">
        <span>{speak("app.keys")}</span>
        <KeysSwitch />
      </div>
      <p className="fine">{speak("s2.keys.more")}</p>
    </Dialog>
  );
}
