// The way of a mark from the ECG to its report: what the reader marked last, and that it was marked anew.

import { useState } from "react";
import type { StripMark } from "../../protocol/ecg_report";

export interface Marked {
  readonly strip: StripMark;
  /** Rises with each mark: the same strip may be marked twice. */
  readonly number: number;
}

export function useMarks(): { marked: Marked | null; mark: (strip: StripMark) => void } {
  const [marked, setMarked] = useState<Marked | null>(null);
  const mark = (strip: StripMark): void => setMarked((before) => ({ strip, number: (before?.number ?? 0) + 1 }));
  return { marked, mark };
}
