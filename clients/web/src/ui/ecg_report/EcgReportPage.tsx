// An ECG without a room, stored and forwarded: read and reported with the same panes as in a consultation.

import { useState } from "react";
import { isFinal } from "../../protocol/ecg";
import { hashOf } from "../../protocol/route";
import { EcgKeyMap } from "../consult/KeyMap";
import { EcgPane } from "../ecg/EcgPane";
import { useEvery, useKeys, useLoaded, useTitle } from "../hooks";
import { Icon } from "../Icon";
import { Failure, OfflineBanner, Skeleton } from "../pieces";
import { Brand, Top } from "../Top";
import { useWorld } from "../world";
import { useMarks } from "./marks";
import { ReportPane } from "./ReportPane";
import "../consult/consult.css";

/** Of an ECG without a case nothing is pushed: while it goes on, or parts of it are on their way, it is asked for. */
const ASK_EVERY_MS = 5000;

export function EcgReportPage({ id }: { id: string }) {
  const { speak, ecgs } = useWorld();
  const held = useLoaded(`ecg ${id}`, () => ecgs.get(id));
  const { reload } = held;
  const isOver = held.value !== null && isFinal(held.value);
  useEvery(isOver ? null : ASK_EVERY_MS, reload);
  const [isShowingKeys, setShowingKeys] = useState(false);
  useKeys({ "?": () => setShowingKeys(true) });
  const { marked, mark } = useMarks();
  useTitle(held.value?.serial ?? speak("ecg.title"));
  const toWork = (): void => {
    location.hash = hashOf({ screen: "work" });
  };
  return (
    <div className="page">
      <Top>
        <Brand />
        <span>
          <b>{held.value?.patient.name}</b> <span className="i3">{held.value?.serial}</span>
        </span>
        <span className="sp" />
        <button
          type="button"
          className="btn ghost square wide"
          aria-label={speak("s2.keys.title")}
          title={speak("s2.keys.title")}
          onClick={() => setShowingKeys(true)}
        >
          <Icon name="question" />
        </button>
        <button type="button" className="btn" onClick={toWork}>
          {speak("s2.close")}
        </button>
      </Top>
      <OfflineBanner />
      {held.value === null ? (
        <main className="case-wait">
          {held.failure !== null ? (
            <Failure title={speak("ecg.failed")} failure={held.failure} onRetry={held.reload} />
          ) : (
            held.isSlow && <Skeleton rows={6} />
          )}
        </main>
      ) : (
        <div className="ecg-report-page">
          <main className="pane case-main" tabIndex={-1}>
            <EcgPane id={id} onMark={mark} />
          </main>
          <ReportPane ecg={held.value} marked={marked} />
        </div>
      )}
      {isShowingKeys && <EcgKeyMap onClose={() => setShowingKeys(false)} />}
    </div>
  );
}
