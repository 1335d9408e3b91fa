// An ECG without a room, stored and forwarded: read and reported with the same panes as in a consultation.

import { hashOf } from "../../protocol/route";
import { EcgPane } from "../ecg/EcgPane";
import { useLoaded, useTitle } from "../hooks";
import { Failure, OfflineBanner, Skeleton } from "../pieces";
import { Brand, Top } from "../Top";
import { useWorld } from "../world";
import { useMarks } from "./marks";
import { ReportPane } from "./ReportPane";
import "../consult/consult.css";

export function EcgReportPage({ id }: { id: string }) {
  const { speak, ecgs } = useWorld();
  const held = useLoaded(`ecg ${id}`, () => ecgs.get(id));
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
    </div>
  );
}
