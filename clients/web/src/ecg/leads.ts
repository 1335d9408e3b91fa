// Which leads can be shown of what a device sends, and from what: its own, and the limb leads that follow from I and II.
//
// A lead that the device sends is never computed: devices round, and "III = II − I" is off by a step or two in real
// recordings. What is computed is marked so.

/** In the order in which they are printed. */
export const STANDARD_LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"] as const;

/** A device's lead, by its place in the frames, times a weight. */
export interface Term {
  readonly lead: number;
  readonly weight: number;
}

export interface ShownLead {
  readonly name: string;
  /** To be added up. */
  readonly terms: readonly Term[];
  /** It is computed here, not measured. */
  readonly isDerived: boolean;
}

/** Weights of I and II: Einthoven's and Goldberger's equations. */
const FROM_I_AND_II: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["III", [-1, 1]],
  ["aVR", [-0.5, -0.5]],
  ["aVL", [1, -0.5]],
  ["aVF", [-0.5, 1]],
]);

/** All that can be shown: the standard leads in the order of print, then the device's others as it sends them. */
export function shownLeads(device: readonly string[]): ShownLead[] {
  const standard = STANDARD_LEADS.flatMap((name) => sent(name, device) ?? derived(name, device) ?? []);
  const others = device.filter((name) => !STANDARD_LEADS.some((one) => one === name));
  return [...standard, ...others.flatMap((name) => sent(name, device) as ShownLead)];
}

/** A lead's values from the leads it is made of; NaN where one of these is. `read` gives a device's lead. */
export function leadValues(shown: ShownLead, read: (lead: number) => Float64Array): Float64Array {
  const [first, ...others] = shown.terms as readonly [Term, ...Term[]];
  const sum = read(first.lead).map((value) => value * first.weight);
  for (const { lead, weight } of others) {
    const more = read(lead);
    for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (more[i] as number) * weight;
  }
  return sum;
}

function sent(name: string, device: readonly string[]): ShownLead | null {
  const lead = device.indexOf(name);
  return lead < 0 ? null : { name, terms: [{ lead, weight: 1 }], isDerived: false };
}

function derived(name: string, device: readonly string[]): ShownLead | null {
  const weights = FROM_I_AND_II.get(name);
  const first = device.indexOf("I");
  const second = device.indexOf("II");
  if (weights === undefined || first < 0 || second < 0) return null;
  const terms = [
    { lead: first, weight: weights[0] },
    { lead: second, weight: weights[1] },
  ];
  return { name, terms, isDerived: true };
}
