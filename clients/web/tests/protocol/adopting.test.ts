import { describe, expect, test } from "vitest";
import {
  adoptedCount,
  adoptingGap,
  decideItem,
  decideWhole,
  giveReason,
  itemsToSend,
  undecided,
} from "../../src/protocol/adopting";

describe("answering an opinion", () => {
  test("presets nothing", () => {
    expect(adoptingGap(undecided(3))).toBe("whole");
    expect(undecided(2).items.every((item) => item.isAdopted === null)).toBe(true);
  });

  test("adopting all needs one touch", () => {
    const all = decideWhole(undecided(3), "full");
    expect(adoptingGap(all)).toBeNull();
    expect(adoptedCount(all)).toBe(3);
  });

  test("adopting nothing needs a reason for each", () => {
    let none = decideWhole(undecided(2), "none");
    expect(adoptingGap(none)).toBe("reasons");
    none = giveReason(giveReason(none, 0, "not_here"), 1, "later");
    expect(adoptingGap(none)).toBeNull();
    expect(itemsToSend(none, (reason) => `because ${reason}`)).toEqual([
      { adopted: false, reason: "because not_here" },
      { adopted: false, reason: "because later" },
    ]);
  });

  test("adopting partly opens every item, and means one of each", () => {
    let part = decideWhole(undecided(2), "part");
    expect(adoptingGap(part)).toBe("items");
    part = decideItem(decideItem(part, 0, true), 1, true);
    expect(adoptingGap(part)).toBe("both_kinds");
    part = decideItem(part, 1, false);
    expect(adoptingGap(part)).toBe("reasons");
    part = giveReason(part, 1, "patient_declines");
    expect(adoptingGap(part)).toBeNull();
    expect(adoptedCount(part)).toBe(1);
    expect(itemsToSend(part, (reason) => reason)).toEqual([
      { adopted: true, reason: "" },
      { adopted: false, reason: "patient_declines" },
    ]);
    expect(adoptingGap(decideItem(decideItem(part, 0, false), 1, false))).toBe("both_kinds");
  });

  test("another decision forgets the reason", () => {
    const part = giveReason(decideItem(decideWhole(undecided(1), "part"), 0, false), 0, "later");
    expect(decideItem(part, 0, false).items[0]?.reason).toBeNull();
    expect(itemsToSend(decideItem(part, 0, false), (reason) => reason)).toEqual([{ adopted: false, reason: "" }]);
  });
});
