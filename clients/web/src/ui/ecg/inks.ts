// The colours of an ECG as the style sheet has them now: four themes and the system's own, if it forces them.

export interface Inks {
  readonly trace: string;
  readonly paper: string;
  readonly grid1: string;
  readonly grid5: string;
  readonly surface: string;
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly hatch: string;
  readonly hatchBg: string;
  readonly late: string;
  readonly lateBg: string;
  readonly warn: string;
  readonly warnBg: string;
  readonly hand: string;
  readonly font: string;
}

const TOKENS: Readonly<Record<keyof Inks, string>> = {
  trace: "--trace",
  paper: "--paper",
  grid1: "--grid-1",
  grid5: "--grid-5",
  surface: "--surface",
  ink: "--ink",
  ink2: "--ink-2",
  ink3: "--ink-3",
  hatch: "--hatch",
  hatchBg: "--hatch-bg",
  late: "--late",
  lateBg: "--late-bg",
  warn: "--warn",
  warnBg: "--warn-bg",
  hand: "--hand",
  font: "--font",
};

export function inksOf(element: Element): Inks {
  const style = getComputedStyle(element);
  const names = Object.keys(TOKENS) as (keyof Inks)[];
  const inks: Partial<Record<keyof Inks, string>> = {};
  for (const name of names) inks[name] = style.getPropertyValue(TOKENS[name]).trim();
  return inks as Inks;
}
