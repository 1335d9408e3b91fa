// M4: recordings one took part in, and the one that is open.

import { useEffect, useEffectEvent } from "react";
import { titleIn, type RecordingSummary } from "../protocol/api";
import { hashOf } from "../protocol/route";
import { Icon } from "./Icon";
import { useLoaded, useMedia, useTitle } from "./hooks";
import { Failure, Notice, OfflineBanner, Skeleton } from "./pieces";
import { Playback } from "./Playback";
import { AccountMenu, Brand, Nav, NetworkChip, Top, WallClock } from "./Top";
import { lengthWords, whenWords } from "./words";
import { useWorld } from "./world";

/** Below this width the list and the player do not fit beside each other. */
const ONE_COLUMN = "(max-width: 900px)";

export function Recordings({ chosen }: { chosen: string | null }) {
  const { backend, onPush, speak, language } = useWorld();
  useTitle(speak("nav.recordings"));
  const isNarrow = useMedia(ONE_COLUMN);
  const list = useLoaded("recordings", () => backend.recordings());
  const reload = useEffectEvent(list.reload);
  useEffect(
    () =>
      onPush((push) => {
        // Recordings begin and end in rooms: a change there may be a change here.
        if (push.type !== "room_event") reload();
      }),
    [onPush],
  );
  const open = chosen ?? (isNarrow ? null : (list.value?.[0]?.recording_id ?? null));
  const summary = list.value?.find((one) => one.recording_id === open) ?? null;
  const hasList = !isNarrow || open === null;

  return (
    <div className="page">
      <Top>
        {!hasList && (
          <a
            className="btn square"
            href={hashOf({ screen: "recordings", recording: null })}
            aria-label={speak("m4.back")}
          >
            <Icon name="back" />
          </a>
        )}
        {hasList && <Brand />}
        {hasList && <Nav current="recordings" />}
        {!hasList && summary !== null && (
          <b className="room-title">{titleIn(summary.title, language === "en" ? "en" : "zh")}</b>
        )}
        <span className="sp" />
        <NetworkChip />
        {hasList && <AccountMenu />}
        {!hasList && summary !== null && (
          <span className="i2 nb">{whenWords(new Date(summary.started_at_ms), speak)}</span>
        )}
        {hasList && <WallClock />}
      </Top>
      <OfflineBanner />
      <div className="play-page">
        {hasList && (
          <aside className="pane play-list">
            <div className="row play-list-head">
              <h2>{speak("m4.title")}</h2>
              {list.value !== null && list.value.length > 0 && (
                <span className="i3">{speak("m4.count", { count: list.value.length })}</span>
              )}
            </div>
            {list.value === null && list.failure !== null && (
              <Failure title={speak("m4.failed")} failure={list.failure} onRetry={list.reload} />
            )}
            {list.value === null && list.failure === null && list.isSlow && <Skeleton rows={5} />}
            {list.value?.length === 0 && <Notice title={speak("m4.empty")} more={speak("m4.emptyMore")} />}
            <nav className="items" aria-label={speak("m4.title")}>
              {list.value?.map((one) => (
                <Item key={one.recording_id} recording={one} isOpen={one.recording_id === open} />
              ))}
            </nav>
          </aside>
        )}
        {(!isNarrow || open !== null) && (
          <main className="play-main">
            {open !== null ? (
              <Playback key={open} id={open} state={summary?.state ?? null} />
            ) : (
              list.value !== null && list.value.length > 0 && <Notice title={speak("m4.pick")} />
            )}
          </main>
        )}
      </div>
    </div>
  );
}

function Item({ recording, isOpen }: { recording: RecordingSummary; isOpen: boolean }) {
  const { speak, language } = useWorld();
  return (
    <a
      className={isOpen ? "it on" : "it"}
      href={hashOf({ screen: "recordings", recording: recording.recording_id })}
      aria-current={isOpen ? "true" : undefined}
    >
      <span className="row">
        <b className="it-title">{titleIn(recording.title, language === "en" ? "en" : "zh")}</b>
        <span className="sp" />
        {recording.state === "recording" && <span className="rec it-state">{speak("m4.state.recording")}</span>}
        {recording.state === "interrupted" && (
          <span className="tag line">
            <span className="chip-hatch tiny" aria-hidden="true" />
            {speak("m4.state.interrupted")}
          </span>
        )}
        {recording.state !== "interrupted" && recording.gap_count > 0 && (
          <span className="tag late">{speak("m4.gaps", { count: recording.gap_count })}</span>
        )}
      </span>
      <span className="it-when">
        <span className="nb">{whenWords(new Date(recording.started_at_ms), speak)}</span>
        {recording.state !== "recording" && <span className="nb">{lengthWords(recording.duration_ms, speak)}</span>}
      </span>
      <span className="it-who">{recording.participants.join(speak("app.listComma"))}</span>
    </a>
  );
}
