// The treating side's answer to an opinion, item by item (clinical/adoption.py): nothing is preset.

import type { Adoption } from "./consultation";

/** Why an item is not adopted, as a touch; the words go with the answer, and the specialist reads them. */
export const REFUSAL_REASONS = ["not_here", "patient_declines", "done_already", "later"] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface Item {
  isAdopted: boolean | null;
  reason: RefusalReason | null;
}

export interface Adopting {
  whole: Adoption | null;
  items: readonly Item[];
}

export const undecided = (count: number): Adopting => ({
  whole: null,
  items: Array.from({ length: count }, () => ({ isAdopted: null, reason: null })),
});

/** Chooses for the whole; "partly" leaves every item open, so that each is really decided. */
export function decideWhole(adopting: Adopting, whole: Adoption): Adopting {
  const isAdopted = whole === "part" ? null : whole === "full";
  return { whole, items: adopting.items.map(() => ({ isAdopted, reason: null })) };
}

/** Decides one item. */
export function decideItem(adopting: Adopting, index: number, isAdopted: boolean): Adopting {
  const items = adopting.items.map((item, at) => (at === index ? { isAdopted, reason: null } : item));
  return { ...adopting, items };
}

export function giveReason(adopting: Adopting, index: number, reason: RefusalReason): Adopting {
  const items = adopting.items.map((item, at) => (at === index ? { ...item, reason } : item));
  return { ...adopting, items };
}

export type AdoptingGap = "whole" | "items" | "both_kinds" | "reasons";

/** What is missing; null when it can be handed in. "both_kinds": partly means one adopted and one not. */
export function adoptingGap(adopting: Adopting): AdoptingGap | null {
  const { whole, items } = adopting;
  if (whole === null) return "whole";
  if (items.some((item) => item.isAdopted === null)) return "items";
  const count = adoptedCount(adopting);
  if (whole === "part" && (count === 0 || count === items.length)) return "both_kinds";
  return items.some((item) => item.isAdopted === false && item.reason === null) ? "reasons" : null;
}

export const adoptedCount = (adopting: Adopting): number =>
  adopting.items.filter((item) => item.isAdopted === true).length;

/** The items as the service takes them; `words` says a reason in the language of the record. */
export function itemsToSend(
  adopting: Adopting,
  words: (reason: RefusalReason) => string,
): { adopted: boolean; reason: string }[] {
  return adopting.items.map(({ isAdopted, reason }) => ({
    adopted: isAdopted === true,
    reason: isAdopted === true || reason === null ? "" : words(reason),
  }));
}
