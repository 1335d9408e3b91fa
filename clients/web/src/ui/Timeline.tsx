// The time line of a recording: one lane a person and an ECG, hatch where nothing is there, events below, one playhead.

import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import type { RecordingDetail } from "../protocol/api";
import { entryGroups, type EntryGroup, type ReplayEntry } from "../protocol/replay";
import { axisTicks, STEP_MS } from "../protocol/playback";
import { clock } from "../protocol/times";
import { usePhone } from "./hooks";
import { causeWords, kindWords, lengthWords } from "./words";
import { useWorld } from "./world";
import { eventWords } from "./Notes";
import type { EcgPiece } from "./replay/replay_ecgs";

const TICKS_WIDE = 8;
const TICKS_PHONE = 4;
/** Events stand so far apart that each can be pressed. */
const GROUPS_WIDE = 26;
const GROUPS_PHONE = 7;
const ECG_CLASSES = { stored: "have-ecg", late: "late", missing: "gap" } as const;

export function Timeline(props: {
  detail: RecordingDetail;
  ecgs: readonly { readonly id: string; readonly pieces: readonly EcgPiece[] }[];
  /** What stands below the lanes; null offsets have no place here. */
  entries: readonly ReplayEntry[];
  position_ms: number;
  onSeek: (at_ms: number) => void;
}) {
  const { speak } = useWorld();
  const isPhone = usePhone();
  const track = useRef<HTMLDivElement>(null);
  const { detail, position_ms } = props;
  const length = Math.max(1, detail.duration_ms);
  const percent = (at_ms: number): string => `${(100 * Math.max(0, Math.min(length, at_ms))) / length}%`;
  const place = (from_ms: number, to_ms: number) => ({
    left: percent(from_ms),
    width: `${(100 * Math.max(0, Math.min(length, to_ms) - from_ms)) / length}%`,
  });
  const groups = entryGroups(props.entries, length, isPhone ? GROUPS_PHONE : GROUPS_WIDE);
  const entryWords = (entry: ReplayEntry): string =>
    entry.is_of_case
      ? kindWords(entry.kind, speak)
      : [eventWords(entry, speak), entry.kind === "mark" ? entry.text : ""].filter(Boolean).join(" ");
  const groupWords = ({ offset_ms, entries }: EntryGroup): string =>
    speak("m4.eventAt", { position: clock(offset_ms), what: entries.map(entryWords).join(speak("app.listComma")) });
  const ecgWords = ({ kind, from_ms, to_ms }: EcgPiece): string =>
    speak(kind === "late" ? "m4.ecgLate" : "m4.ecgGap", { length: lengthWords(to_ms - from_ms, speak) });
  const seekTo = (event: PointerEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return;
    props.onSeek((length * Math.max(0, Math.min(box.width, event.clientX - box.left))) / box.width);
  };
  const onKey = (event: KeyboardEvent): void => {
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: position_ms - 1000,
      ArrowRight: position_ms + 1000,
      PageDown: position_ms - STEP_MS,
      PageUp: position_ms + STEP_MS,
      Home: 0,
      End: length,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    props.onSeek(to);
  };
  return (
    <div className="timeline">
      <div className="line-names" aria-hidden="true">
        {detail.lanes.map((lane) => (
          <span key={lane.identity}>{lane.name}</span>
        ))}
        {props.ecgs.map((one) => (
          <span key={one.id}>{speak("m4.ecg")}</span>
        ))}
      </div>
      <div
        ref={track}
        className="line-track"
        role="slider"
        tabIndex={0}
        aria-label={speak("m4.timeline", { position: clock(position_ms), length: clock(length) })}
        aria-valuemin={0}
        aria-valuemax={Math.round(length / 1000)}
        aria-valuenow={Math.round(position_ms / 1000)}
        aria-valuetext={clock(position_ms)}
        onKeyDown={onKey}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          seekTo(event);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(event);
        }}
      >
        {detail.lanes.map((lane) => (
          <div className="lane" key={lane.identity}>
            {lane.spans.map((span) => (
              <i className="have" key={`s${span.from_ms}`} style={place(span.from_ms, span.to_ms)} />
            ))}
            {lane.gaps.map((gap) => {
              const words = speak("m4.gapLabel", {
                name: lane.name,
                length: lengthWords(gap.to_ms - gap.from_ms, speak),
                cause: causeWords(gap.cause, speak),
              });
              return <i className="gap" key={`g${gap.from_ms}`} style={place(gap.from_ms, gap.to_ms)} title={words} />;
            })}
          </div>
        ))}
        {props.ecgs.map((one) => (
          <div className="lane" key={one.id}>
            {one.pieces.map((piece) => (
              <i
                className={ECG_CLASSES[piece.kind]}
                key={piece.from_ms}
                style={place(piece.from_ms, piece.to_ms)}
                title={piece.kind === "stored" ? undefined : ecgWords(piece)}
              />
            ))}
          </div>
        ))}
        <div className="axis" aria-hidden="true">
          {axisTicks(length, isPhone ? TICKS_PHONE : TICKS_WIDE).map((at_ms) => (
            <span key={at_ms} className={at_ms / length > 0.96 ? "last" : ""} style={{ left: percent(at_ms) }}>
              {clock(at_ms)}
            </span>
          ))}
        </div>
        <span className="playhead" style={{ left: percent(position_ms) }} />
      </div>
      <span className="line-events-name">{groups.length > 0 && speak("m4.events")}</span>
      <div className="line-events" role="group" aria-label={speak("m4.events")}>
        {groups.map((group, number) => {
          const next_ms = groups[number + 1]?.offset_ms ?? length;
          return (
            <button
              key={group.offset_ms}
              type="button"
              className={group.entries.some((one) => one.kind === "mark" && !one.is_of_case) ? "by-hand" : ""}
              style={{ left: percent(group.offset_ms), width: place(group.offset_ms, next_ms).width }}
              aria-label={groupWords(group)}
              title={groupWords(group)}
              onClick={() => props.onSeek(group.offset_ms)}
            >
              <span>{entryWords(group.entries[0] as ReplayEntry)}</span>
            </button>
          );
        })}
      </div>
    </div>
  );
}
