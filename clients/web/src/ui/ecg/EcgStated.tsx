// What the device measured and said itself, with its source: quoted, and not this system's.

import { useState } from "react";
import type { Ecg } from "../../protocol/ecg";
import { leadingNumbers, sourcesOf, type Stated } from "../../protocol/ecg_stated";
import { useLoaded } from "../hooks";
import { Dialog } from "../pieces";
import { useWorld } from "../world";

/** In one line; all of it in a dialog. */
export function EcgStated({ ecg }: { ecg: Ecg }) {
  const { speak, ecgs } = useWorld();
  // What comes from a box has none, and gets none later: a file says all at once.
  const loaded = useLoaded(`stated ${ecg.id}`, () => ecgs.stated(ecg.id));
  const [isOpen, setOpen] = useState(false);
  const stated = loaded.value;
  if (stated === null)
    return loaded.failure === null ? null : (
      <button type="button" className="ecg-plain" onClick={loaded.reload}>
        {speak("ecg.stated.failed")}
      </button>
    );
  const leading = leadingNumbers(stated);
  if (stated.numbers.length === 0 && stated.sentences.length === 0)
    return (
      <span className="i2 nb">
        {speak("ecg.deviceMeasures")}
        {"\u3000"}
        {speak(ecg.source === "import" ? "ecg.stated.noneInFile" : "ecg.noDeviceMeasures")}
      </span>
    );
  const source = sourcesOf(stated).join(speak("app.listComma"));
  return (
    <>
      <button type="button" className="ecg-plain ecg-stated" title={source} onClick={() => setOpen(true)}>
        <span className="i3">{speak("ecg.deviceMeasures")}</span>
        {leading.map((one) => (
          <span key={one.measure} className="nb">
            {speak(`ecg.measure.${one.measure}`)} <b>{one.value}</b>
          </span>
        ))}
        {leading.length === 0 && <span>{speak("ecg.stated.more")}</span>}
        <span className="i3 clip">{source}</span>
      </button>
      {isOpen && (
        <Dialog title={speak("ecg.stated.title")} onClose={() => setOpen(false)}>
          <StatedWhole stated={stated} />
        </Dialog>
      )}
    </>
  );
}

function StatedWhole({ stated }: { stated: Stated }) {
  const { speak } = useWorld();
  return (
    <>
      <p className="i2">{speak("ecg.stated.quoted")}</p>
      {stated.numbers.length > 0 && (
        <table className="ecg-stated-table">
          <thead>
            <tr>
              <th scope="col">{speak("ecg.stated.name")}</th>
              <th scope="col">{speak("ecg.stated.value")}</th>
              <th scope="col">{speak("ecg.stated.source")}</th>
            </tr>
          </thead>
          <tbody>
            {stated.numbers.map((one, index) => (
              <tr key={index}>
                <td>{one.name}</td>
                <td className="nb">
                  <b>{one.value}</b> <span className="i3">{one.unit}</span>
                </td>
                <td className="i2">{one.source}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {stated.sentences.length > 0 && (
        <>
          <h3>{speak("ecg.stated.sentences")}</h3>
          <ul className="ecg-stated-sentences">
            {stated.sentences.map((one, index) => (
              <li key={index}>
                {one.text} <span className="i3">{one.source}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
