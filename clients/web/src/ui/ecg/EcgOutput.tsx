// What leaves the page: the shown page on paper, and the ECG as a file for other systems.

import { useState } from "react";
import { keepFile } from "../../io/keep_file";
import type { Ecg } from "../../protocol/ecg";
import { EXPORT_FORMATS, type ExportFormat } from "../../protocol/ecg_files";
import { Refused } from "../forms";
import { useActing } from "../hooks";
import { Icon } from "../Icon";
import { Dialog } from "../pieces";
import { useWorld } from "../world";

export function EcgOutput(props: {
  ecg: Ecg;
  /** Null where no page of the record is shown. */
  onPrint: (() => void) | null;
  onClose: () => void;
}) {
  const { ecg, onPrint } = props;
  const { speak, ecgs, announce } = useWorld();
  const [isNamed, setNamed] = useState(false);
  const [last, setLast] = useState<ExportFormat | null>(null);
  const act = useActing();
  const give = (format: ExportFormat): void => {
    setLast(format);
    act.run(async () => {
      const file = await ecgs.export(ecg.id, format, isNamed);
      keepFile(file.name, file.content);
      announce(speak("ecg.export.done", { name: file.name }));
    });
  };
  return (
    <Dialog title={speak("ecg.output")} onClose={props.onClose}>
      {onPrint !== null && (
        <button type="button" className="btn full" onClick={onPrint}>
          <Icon name="file" size={18} />
          {speak("ecg.print.page")}
        </button>
      )}
      <section className="stack">
        <h3>{speak("ecg.export")}</h3>
        <p className="i2">{speak(ecg.state === "ended" ? "ecg.export.more" : "ecg.export.soFar")}</p>
        <label className="row">
          <input type="checkbox" checked={isNamed} onChange={(event) => setNamed(event.target.checked)} />
          <span>{speak("ecg.export.named")}</span>
        </label>
        <ul className="ecg-export">
          {EXPORT_FORMATS.map((format) => (
            <li key={format} className="row">
              <span>
                <b>{speak(`ecg.export.${format}`)}</b>
                <br />
                <span className="i3">{speak(`ecg.export.what.${format}`)}</span>
              </span>
              <span className="sp" />
              <button
                type="button"
                className="btn small"
                disabled={act.isBusy}
                aria-label={speak("ecg.export.give", { format: speak(`ecg.export.${format}`) })}
                onClick={() => give(format)}
              >
                {speak(act.isBusy && last === format ? "ecg.export.packing" : "ecg.export.take")}
              </button>
            </li>
          ))}
        </ul>
        <Refused failure={act.failure} />
      </section>
    </Dialog>
  );
}
