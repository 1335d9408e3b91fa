// The time line of a recording: one lane a person, hatch where nothing was recorded, marks below, one playhead.

import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import type { RecordingDetail } from "../protocol/api";
import type { ReplayEntry } from "../protocol/replay";
import { axisTicks, STEP_MS } from "../protocol/playback";
import { clock } from "../protocol/times";
import { usePhone } from "./hooks";
import { causeWords, kindWords, lengthWords } from "./words";
import { useWorld } from "./world";

const TICKS_WIDE = 8;
const TICKS_PHONE = 4;

export function Timeline(props: {
  detail: RecordingDetail;
  /** What stands below the lanes; null offsets have no place here. */
  entries: readonly ReplayEntry[];
  position_ms: number;
  onSeek: (at_ms: number) => void;
}) {
  const { speak } = useWorld();
  const isPhone = usePhone();
  const track = useRef<HTMLDivElement>(null);
  const { detail, position_ms } = props;
  const marks = props.entries.filter((entry) => !entry.is_of_case);
  const ofCase = props.entries.filter((entry) => entry.is_of_case);
  const length = Math.max(1, detail.duration_ms);
  const percent = (at_ms: number): string => `${(100 * Math.max(0, Math.min(length, at_ms))) / length}%`;
  const place = (from_ms: number, to_ms: number) => ({
    left: percent(from_ms),
    width: `${(100 * Math.max(0, Math.min(length, to_ms) - from_ms)) / length}%`,
  });
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
        {ofCase.length > 0 && <span>{speak("m4.caseLane")}</span>}
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
        {ofCase.length > 0 && (
          <div className="lane lane-case">
            {ofCase.map((entry) =>
              entry.offset_ms === null ? null : (
                <i key={entry.key} style={{ left: percent(entry.offset_ms) }} title={kindWords(entry.kind, speak)} />
              ),
            )}
          </div>
        )}
        <div className="lane-marks">
          {marks.map((entry) => (
            <i
              key={entry.key}
              className={entry.kind === "mark" ? "by-hand" : ""}
              style={{ left: percent(entry.offset_ms ?? 0) }}
            />
          ))}
        </div>
        <div className="axis" aria-hidden="true">
          {axisTicks(length, isPhone ? TICKS_PHONE : TICKS_WIDE).map((at_ms) => (
            <span key={at_ms} className={at_ms / length > 0.96 ? "last" : ""} style={{ left: percent(at_ms) }}>
              {clock(at_ms)}
            </span>
          ))}
        </div>
        <span className="playhead" style={{ left: percent(position_ms) }} />
      </div>
    </div>
  );
}
