// The cells of one person in the truth panel: state and words, from the last report and its age.

import type { Person } from "./meeting";
import { freshness, type CellState, type TruthReport } from "./truth";

export type CellWord =
  | "truth.hear.good"
  | "truth.hear.lost"
  | "truth.hear.some"
  | "truth.hear.none"
  | "truth.hear.na"
  | "truth.see.size"
  | "truth.see.height"
  | "truth.see.some"
  | "truth.see.none"
  | "truth.see.na"
  | "truth.see.notLooking"
  | "truth.page.front"
  | "truth.page.hidden"
  | "truth.ecg.live"
  | "truth.ecg.late"
  | "truth.ecg.stopped"
  | "truth.ecg.missing"
  | "truth.ecg.complete"
  | "truth.ecg.open"
  | "truth.ecg.na"
  | "truth.never"
  | "truth.waiting"
  | "truth.stale";

export interface Cell {
  state: CellState;
  word: CellWord;
  values: Readonly<Record<string, number>>;
}

export interface Row {
  hear: Cell;
  see: Cell;
  ecg: Cell;
  page: Cell;
}

/** Pages report within a second of entering; who has not after this long runs another program. */
const FIRST_REPORT_MS = 5000;

const cell = (state: CellState, word: CellWord, values: Cell["values"] = {}): Cell => ({ state, word, values });

function hearCell({ hear }: TruthReport): Cell {
  if (hear.state === "none") return cell("none", "truth.hear.none");
  if (hear.state === "na") return cell("na", "truth.hear.na");
  if (hear.state === "good") return cell("good", "truth.hear.good");
  if (hear.silent > 0) return cell("degraded", "truth.hear.some", { count: hear.silent });
  return cell("degraded", "truth.hear.lost", { percent: hear.lost_percent });
}

function seeCell({ see, page }: TruthReport): Cell {
  if (see.state === "none") return cell("none", "truth.see.none");
  if (see.state === "na") return cell("na", page === "hidden" ? "truth.see.notLooking" : "truth.see.na");
  if (see.stopped > 0) return cell("degraded", "truth.see.some", { count: see.stopped });
  // In its first second a picture has no rate yet.
  if (see.state === "good" && see.fps === 0) return cell("good", "truth.see.height", { height: see.height });
  return cell(see.state, "truth.see.size", { height: see.height, fps: see.fps });
}

function ecgCell({ ecg }: TruthReport): Cell {
  if (ecg === undefined) return cell("na", "truth.ecg.na");
  return cell(ecg.state, `truth.ecg.${ecg.sight}`, { seconds: ecg.seconds });
}

/** The row of one person. */
export function rowOf(person: Pick<Person, "report" | "report_age_ms">): Row {
  const { report, report_age_ms } = person;
  if (report === null) {
    const word = report_age_ms < FIRST_REPORT_MS ? "truth.waiting" : "truth.never";
    return { hear: cell("na", word), see: cell("na", word), ecg: cell("na", word), page: cell("na", word) };
  }
  const fresh = freshness(0, report_age_ms);
  if (fresh.kind === "stale") {
    const stale = cell("none", "truth.stale", { seconds: Math.round(fresh.age_ms / 1000) });
    return { hear: stale, see: stale, ecg: stale, page: stale };
  }
  const page = report.page === "front" ? cell("good", "truth.page.front") : cell("degraded", "truth.page.hidden");
  return { hear: hearCell(report), see: seeCell(report), ecg: ecgCell(report), page };
}
