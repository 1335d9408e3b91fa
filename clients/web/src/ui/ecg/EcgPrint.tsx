// A page of the record on paper, at true scale: millimetres of the print are millimetres, whatever the screen shows.

import { useEffect, useRef } from "react";
import { Filtered } from "../../ecg/filtered";
import type { ShownBand } from "../../ecg/filters";
import { layOut } from "../../ecg/layout";
import { shownLeads } from "../../ecg/leads";
import { shownSpan } from "../../ecg/place";
import { isMade, type Readable } from "../../ecg/readable";
import { stripOf, sweepOf, type SweepStretch } from "../../ecg/sweep";
import { isFinal, type Ecg, type EcgDescriptor } from "../../protocol/ecg";
import { day, timeOfDay } from "../../protocol/times";
import { useWorld } from "../world";
import type { Look } from "./ecg_canvas";
import { bandWords, notchWords } from "./ecg_words";
import type { Inks } from "./inks";
import {
  AXIS_PX,
  axisLabels,
  lateRanges,
  paintAxis,
  paintMarks,
  paintStanding,
  paintTints,
  type Marked,
} from "./marks";
import { paintGrid, paintTraces } from "./paint";

/** A4 lying, less what printers cannot reach; a whole number of large boxes. */
const PAPER_MM = { width: 275, height: 165 } as const;
/** 300 dots an inch. */
const PX_PER_MM = 12;
/** The drawing's own pixels, so that words and lines are as strong as on a screen. */
const DRAWN_PX_PER_MM = 4;

/** The pink paper of carts, whatever the screen's colours. */
const PAPER: Inks = {
  trace: "#000000",
  paper: "#FFFFFF",
  grid1: "#F3CFC9",
  grid5: "#DF9B90",
  surface: "#FFFFFF",
  ink: "#14201E",
  ink2: "#44504D",
  ink3: "#606B68",
  hatch: "#5A6562",
  hatchBg: "#EEF0ED",
  late: "#5A3D9C",
  lateBg: "#EAE4F6",
  warn: "#855000",
  warnBg: "#FBEDD0",
  hand: "#0A56AC",
  font: '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif',
};

export function EcgPrint(props: {
  ecg: Ecg;
  descriptor: EcgDescriptor;
  page: Readable;
  start: number;
  startUs: number;
  look: Look;
  band: ShownBand;
  onDone: () => void;
}) {
  const { speak } = useWorld();
  const { ecg, descriptor, look, onDone } = props;
  const sheet = useRef<HTMLCanvasElement>(null);
  const first = useRef(props);
  useEffect(() => {
    const canvas = sheet.current;
    if (canvas === null) return;
    paintSheet(canvas, first.current);
    // The dialog of the browser stands still; what follows on it comes after.
    const timer = window.setTimeout(() => {
      window.print();
      onDone();
    });
    return () => window.clearTimeout(timer);
  }, [onDone]);
  const at_us = props.page.takenUs(props.start);
  const at = at_us === null ? null : new Date(at_us / 1000);
  const { patient } = ecg;
  return (
    <section className="ecg-sheet" aria-hidden="true">
      <p>
        {speak("ecg.print.line", {
          name: patient.name,
          sex: speak(`case.word.sex.${patient.sex}`),
          born: patient.birth_year === null ? "" : speak("ecg.print.born", { year: patient.birth_year }),
          serial: ecg.serial,
          from: at === null ? "" : `${day(at)} ${timeOfDay(at)}`,
        })}
      </p>
      <p>
        {speak("ecg.print.scale", {
          speed: look.scale.speed_mm_s,
          gain: look.scale.gain_mm_mv,
          band:
            bandWords(props.band, speak) +
            (props.band.isForSt ? "" : ` ${speak("ecg.bandNotSt")}`) +
            notchWords(look.choice, descriptor, speak),
          rate: descriptor.rate_hz,
          device: `${ecg.institution_name} ${ecg.device_name}`,
        })}
        {ecg.is_diagnostic ? "" : `\u3000${speak("ecg.monitorOnly")}`}
      </p>
      <canvas ref={sheet} style={{ width: `${PAPER_MM.width}mm`, height: `${PAPER_MM.height}mm` }} />
      <p>{speak("ecg.print.foot")}</p>
    </section>
  );
}

function paintSheet(canvas: HTMLCanvasElement, props: Parameters<typeof EcgPrint>[0]): void {
  const { page, start, look, ecg, descriptor } = props;
  canvas.width = PAPER_MM.width * PX_PER_MM;
  canvas.height = PAPER_MM.height * PX_PER_MM;
  const pen = canvas.getContext("2d");
  const size = { width: PAPER_MM.width * DRAWN_PX_PER_MM, height: PAPER_MM.height * DRAWN_PX_PER_MM };
  const area = { width: size.width, height: size.height - AXIS_PX };
  const scale = { ...look.scale, pxPerMm: DRAWN_PX_PER_MM };
  const leads = shownLeads(descriptor.leads);
  const layout = layOut(look.layout, leads, area, scale);
  if (pen === null || layout === null) return;
  const ratio = PX_PER_MM / DRAWN_PX_PER_MM;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const sweep = sweepOf(layout, scale, page.shape.rateHz, start);
  const device = {
    low_hz: descriptor.band_low_mhz / 1000,
    high_hz: descriptor.band_high_hz,
    notch_hz: descriptor.notch_hz,
  };
  const seeing = { leads, choice: look.choice, device, resolution_nv: descriptor.resolution_nv };
  const filtered = new Filtered(page, seeing, 2 * sweep.page);
  const rows = layout.panels.map((panel) => ({ panel, lead: leads.indexOf(panel.lead) }));
  const todo = rows.map((row) => {
    const shown = shownSpan(stripOf(sweep, row.panel, start));
    const end = Math.min(shown.end, page.end);
    const stretch: SweepStretch = { start: shown.start, end, pageStart: start, isOld: false };
    return { row, stretches: shown.start < end ? [stretch] : [] };
  });
  filtered.restart(start);
  filtered.advance(Math.min(page.end, start + sweep.page));
  const marked: Marked = {
    source: page,
    sweep,
    layout,
    rows,
    stretchesOf: (panel) => todo.find(({ row }) => row.panel === panel)?.stretches ?? [],
    until: null,
    size,
    inks: PAPER,
    words: look.words,
    calipers: [],
    points: [],
    isSimulated: isMade(page, ecg.is_simulated),
    isFinal: isFinal(ecg),
    stale: null,
    startUs: props.startUs,
    now_ms: 0,
    blank: () => undefined,
  };
  pen.fillStyle = PAPER.paper;
  pen.fillRect(0, 0, size.width, size.height);
  paintTints(pen, lateRanges(marked), area, PAPER);
  paintGrid(pen, area, DRAWN_PX_PER_MM, PAPER, ratio);
  paintTraces(pen, filtered, sweep, todo, PAPER);
  paintStanding(pen, marked);
  paintAxis(pen, axisLabels(marked), size, PAPER);
  paintMarks(pen, marked);
}
