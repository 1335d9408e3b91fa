// The critical values that call somebody, kept up to date.

import type { CriticalView } from "../../protocol/ecg_report";
import { useCaseNews } from "../consult/cases";
import { useEvery, useLoaded } from "../hooks";
import { useWorld } from "../world";

/** Of an ECG without a case nothing is pushed. */
const ASK_EVERY_MS = 5000;

export function useCalling(): { calling: readonly CriticalView[]; reload: () => void } {
  const { ecgReports } = useWorld();
  const { value, reload } = useLoaded("critical values", () => ecgReports.calling());
  useCaseNews(null, reload, { of: "criticalvalue" });
  useEvery(ASK_EVERY_MS, reload);
  return { calling: value ?? NONE, reload };
}

const NONE: readonly CriticalView[] = [];
