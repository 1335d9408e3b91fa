// An ECG of another system brought in: files are chosen for a patient, looked at before they are sent, and refused with
// the reason. Staff pages and the kiosk put their own buttons around it.

import { useRef, useState } from "react";
import type { ApiFailure } from "../../protocol/api";
import type { Urgency } from "../../protocol/consultation";
import type { Ecg } from "../../protocol/ecg";
import {
  faultOfFiles,
  formatOfFiles,
  HEAD_BYTES,
  MOST_BYTES,
  MOST_FILES,
  type ChosenFile,
  type FileFormat,
  type FilesFault,
} from "../../protocol/ecg_files";
import { useActing } from "../hooks";
import { useWorld } from "../world";

const MB = 1024 * 1024;
const KB = 1024;

export interface FilesHand {
  readonly files: readonly ChosenFile[];
  readonly format: FileFormat | null;
  readonly fault: FilesFault | null;
  readonly urgency: Urgency;
  readonly isBusy: boolean;
  readonly failure: ApiFailure | null;
  /** What came of it; null before. */
  readonly brought: Ecg | null;
  setUrgency: (urgency: Urgency) => void;
  choose: (files: readonly File[]) => void;
  /** Null while nothing can be sent. */
  send: (() => void) | null;
}

/** Files for this patient; `case_` null: an ECG of its own. */
export function useFiles(
  patient: string | null,
  case_: string | null,
  usualUrgency: Urgency,
  onBrought: (ecg: Ecg) => void,
): FilesHand {
  const { ecgs } = useWorld();
  const [chosen, setChosen] = useState<readonly (ChosenFile & { content: File })[]>([]);
  const [urgency, setUrgency] = useState(usualUrgency);
  const [brought, setBrought] = useState<Ecg | null>(null);
  const reading = useActing();
  const sending = useActing();
  const format = formatOfFiles(chosen);
  const fault = chosen.length === 0 ? null : faultOfFiles(chosen);
  const isReady = patient !== null && chosen.length > 0 && fault === null && format !== null && !sending.isBusy;
  return {
    files: chosen,
    format,
    fault,
    urgency,
    isBusy: sending.isBusy,
    failure: sending.failure ?? reading.failure,
    brought,
    setUrgency,
    choose: (files) => {
      sending.forget();
      setBrought(null);
      reading.run(async () =>
        setChosen(
          await Promise.all(
            files.map(async (content) => ({
              name: content.name,
              bytes: content.size,
              // A file that cannot be read has no head, and is none that is known.
              head: new Uint8Array(
                await content
                  .slice(0, HEAD_BYTES)
                  .arrayBuffer()
                  .catch(() => new ArrayBuffer(0)),
              ),
              content,
            })),
          ),
        ),
      );
    },
    send: !isReady
      ? null
      : () =>
          sending.run(async () => {
            const ecg = await ecgs.bring({ patient, case: case_, urgency, format, files: chosen });
            setChosen([]);
            setBrought(ecg);
            onBrought(ecg);
          }),
  };
}

/** The files, what they are, and what is wrong with them. */
export function FilesChoice(props: { hand: FilesHand; button: string }) {
  const { speak } = useWorld();
  const { hand } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <p className="i2">{speak("ecg.files.more", { count: MOST_FILES, mb: MOST_BYTES / MB })}</p>
      <input
        ref={input}
        type="file"
        multiple
        className="unseen"
        aria-label={speak("ecg.files.choose")}
        tabIndex={-1}
        onChange={(event) => {
          hand.choose([...(event.target.files ?? [])]);
          // The same file, mended, can be chosen again.
          event.target.value = "";
        }}
      />
      <button type="button" className={props.button} disabled={hand.isBusy} onClick={() => input.current?.click()}>
        {speak(hand.files.length === 0 ? "ecg.files.choose" : "ecg.files.others")}
      </button>
      {hand.files.length > 0 && (
        <ul className="ecg-files">
          {hand.files.map((file, index) => (
            <li key={index} className="row">
              <span className="clip">{file.name}</span>
              <span className="sp" />
              <span className="i3 nb">{sizeWords(file.bytes)}</span>
            </li>
          ))}
        </ul>
      )}
      {hand.fault !== null ? (
        <p role="alert" className="refusal">
          <span className="tri" aria-hidden="true" />
          {speak(`ecg.files.fault.${hand.fault}`, { count: MOST_FILES, mb: MOST_BYTES / MB })}
        </p>
      ) : (
        hand.format !== null && (
          <p role="status">{speak("ecg.files.known", { format: speak(`ecg.files.format.${hand.format}`) })}</p>
        )
      )}
    </>
  );
}

/** 12 kB, 3.4 MB. */
function sizeWords(bytes: number): string {
  return bytes >= MB ? `${(bytes / MB).toFixed(1)} MB` : `${String(Math.max(1, Math.round(bytes / KB)))} kB`;
}
