// The ECGs that were taken while something was recorded, as far as whoever looks may see them.

import { axisOf, isWithin, recordedMsOf, type EcgAxis } from "../../ecg/replay_axis";
import { railOf, type RailPiece } from "../../ecg/rail";
import { ApiFailure, type RecordingDetail } from "../../protocol/api";
import type { Ecg, EcgDescriptor, EpochStretches } from "../../protocol/ecg";
import { caseOfRoom } from "../../protocol/replay";
import { useLoaded, type Loaded } from "../hooks";
import { useWorld } from "../world";

export interface ReplayedEcg {
  readonly ecg: Ecg;
  readonly descriptor: EcgDescriptor;
  readonly axis: EcgAxis;
  /** What is stored of it, came late or is missing. */
  readonly pieces: readonly RailPiece[];
}

export interface ReplayedEcgs {
  readonly shown: readonly ReplayedEcg[];
  /** How many there are that are not for the reader. */
  readonly refused: number;
}

/** A stretch of an ECG on the recording's time line. */
export interface EcgPiece {
  readonly kind: RailPiece["kind"];
  readonly from_ms: number;
  readonly to_ms: number;
}

export function piecesOn({ axis, pieces }: ReplayedEcg, duration_ms: number): EcgPiece[] {
  return pieces
    .map(({ kind, from_us, to_us }) => ({
      kind,
      from_ms: Math.max(0, recordedMsOf(axis, from_us)),
      to_ms: Math.min(duration_ms, recordedMsOf(axis, to_us)),
    }))
    .filter(({ from_ms, to_ms }) => from_ms < to_ms);
}

export function useReplayedEcgs(detail: RecordingDetail): Loaded<ReplayedEcgs> {
  const { ecgs } = useWorld();
  return useLoaded(`ecgs of ${detail.recording_id} ${detail.state}`, async () => {
    const room = caseOfRoom(detail.room);
    const ofCase = room === "" ? [] : await ecgs.ofCase(room).catch(unlessRefused([]));
    const known = new Map(ofCase.map((one) => [one.id, one]));
    let refused = 0;
    for (const id of new Set(detail.clocks.ecgs.map((one) => one.ecg))) {
      if (known.has(id)) continue;
      const one = await ecgs.get(id).catch(unlessRefused(null));
      if (one === null) refused += 1;
      else known.set(id, one);
    }
    const shown: ReplayedEcg[] = [];
    for (const ecg of known.values()) {
      const { descriptor } = ecg;
      const axis = axisOf(detail.clocks, ecg.id, detail.started_at_ms);
      if (descriptor === null || !isWithin(axis, ecg.epochs, descriptor.rate_hz, detail.duration_ms)) continue;
      const epochs = await ecgs.stretches(ecg.id);
      shown.push({ ecg, descriptor, axis, pieces: railOf(ecg.epochs, descriptor.rate_hz, ...told(epochs)) });
    }
    shown.sort((a, b) => a.ecg.started_at_ms - b.ecg.started_at_ms);
    return { shown, refused };
  });
}

function told(epochs: readonly EpochStretches[]): [Parameters<typeof railOf>[2], Parameters<typeof railOf>[3]] {
  const lateOf = (one: EpochStretches) => ({
    here: [],
    late: one.late.map(([start, end]) => ({ start, end })),
    end: 0,
  });
  return [
    new Map(epochs.map((one) => [one.epoch, one.stored])),
    new Map(epochs.map((one) => [one.epoch, lateOf(one)])),
  ];
}

/** What the service does not let the reader see (it says "not there" of it as well) is not a failure. */
function unlessRefused<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof ApiFailure && (error.status === 403 || error.status === 404)) return instead;
    throw error;
  };
}
