// Which steps of the ladder a page reports to the record: those that it suffers itself, and the way back from them.
//
// Every page sees the worst rung in the room; if each reported it, one bad line would stand in the record once for
// every page. So the page tells whose receivers say so (or whose link is lost), and only it tells of the recovery.

import { measuredLevel, type Level } from "./ladder";
import type { TruthReport } from "./truth";

export interface LadderReport {
  step: Level;
  cause: "link" | "hear" | "see" | "recovered";
}

export interface Seen {
  level: Level;
  /** The page's own receivers ask for the rung. */
  isOwn: boolean;
  /** What is worse of them; "link" where only the service says so. */
  cause: "link" | "hear" | "see";
}

/** Why a page stands where its report puts it. */
export function causeOf(report: TruthReport): Seen["cause"] {
  if (report.link !== undefined && report.link.rung > measuredLevel(report)) return "link";
  return report.hear.state === "none" || report.hear.state === "degraded" ? "hear" : "see";
}

/** The report that is due after the last one; null when there is nothing new to tell. */
export function dueReport(last: Level, seen: Seen): LadderReport | null {
  if (seen.level === 5) return last === 5 ? null : { step: 5, cause: "link" };
  if (seen.isOwn && seen.level > 0) return seen.level === last ? null : { step: seen.level, cause: seen.cause };
  return last === 0 ? null : { step: 0, cause: "recovered" };
}
