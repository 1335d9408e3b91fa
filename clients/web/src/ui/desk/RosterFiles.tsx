// The roster's files: the shown week out, a spreadsheet or a calendar in, with what has to be mended line by line.

import { useRef, useState } from "react";
import { keepFile } from "../../io/keep_file";
import { fileFaults, formatOfText, textOfFile, type RosterFormat, type Stretch } from "../../protocol/roster";
import { Refused } from "../forms";
import { useActing } from "../hooks";
import { Dialog } from "../pieces";
import { useWorld } from "../world";

/** What the service takes (signaling/roster/roster_sheet.py: MAX_TEXT_BYTES). */
const MAX_FILE_BYTES = 512 * 1024;

export function RosterFiles(props: { span: Stretch; onClose: () => void; onTaken: () => void }) {
  const { office, speak, announce } = useWorld();
  const input = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [taken, setTaken] = useState<string | null>(null);
  const exporting = useActing();
  const importing = useActing();
  const faults = fileFaults(importing.failure?.facts ?? {});
  const give = (format: RosterFormat): void =>
    exporting.run(async () => {
      const file = await office.roster.export(props.span, format);
      keepFile(file.name, new Blob([file.text], { type: file.media_type }));
    });
  const take = (file: File | undefined): void => {
    // The same file, mended, can be chosen again.
    if (input.current !== null) input.current.value = "";
    importing.forget();
    setTaken(null);
    setFault(null);
    if (file === undefined) return;
    if (file.size > MAX_FILE_BYTES) {
      setFault(speak("roster.tooLarge"));
      return;
    }
    importing.run(async () => {
      const text = textOfFile(new Uint8Array(await file.arrayBuffer()));
      const done = await office.roster.import(formatOfText(text), text);
      const words = speak("roster.taken", { added: done.added, known: done.known });
      setTaken(words);
      announce(words);
      props.onTaken();
    });
  };
  return (
    <Dialog title={speak("roster.files")} kind="drawer" onClose={props.onClose}>
      <section className="stack">
        <h3>{speak("roster.export")}</h3>
        <p className="i2">{speak("roster.exportMore")}</p>
        <div className="pair">
          <button type="button" className="btn" disabled={exporting.isBusy} onClick={() => give("csv")}>
            {speak("roster.exportCsv")}
          </button>
          <button type="button" className="btn" disabled={exporting.isBusy} onClick={() => give("ics")}>
            {speak("roster.exportIcs")}
          </button>
        </div>
        <Refused failure={exporting.failure} />
      </section>
      <section className="part">
        <h3>{speak("roster.import")}</h3>
        <p className="i2">{speak("roster.importMore")}</p>
        <input
          ref={input}
          type="file"
          className="unseen"
          accept=".csv,.txt,.ics,text/csv,text/calendar"
          aria-label={speak("roster.choose")}
          tabIndex={-1}
          onChange={(event) => take(event.target.files?.[0])}
        />
        <button
          type="button"
          className="btn act full"
          disabled={importing.isBusy}
          onClick={() => input.current?.click()}
        >
          {speak(importing.isBusy ? "app.saving" : "roster.choose")}
        </button>
        {taken !== null && <p className="tag ok">{taken}</p>}
        {faults.length === 0 ? (
          <Refused failure={importing.failure} fault={fault} />
        ) : (
          <div role="alert" className="stack-tight">
            <p className="refusal">
              <span className="tri" aria-hidden="true" />
              <b>{speak("roster.mend", { count: faults.length })}</b>
            </p>
            <ol className="mend">
              {faults.map((sentence) => (
                <li key={sentence}>{sentence}</li>
              ))}
            </ol>
          </div>
        )}
      </section>
    </Dialog>
  );
}
