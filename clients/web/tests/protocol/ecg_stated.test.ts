// What a file says besides its samples: read as it stands, ordered, never made up.
import { describe, expect, it } from "vitest";
import { leadingNumbers, leadingOf, sourcesOf, statedFrom } from "../../src/protocol/ecg_stated";

/** As recording/exchange/dicom_reader.py reads the cart's file in tests/vectors/ecg/exchange. */
const CART = "DICOM Mortara Instrument, Inc. el250";
const number = (name: string, value: string, unit = "ms") => ({ code: "5.1", name, value, unit, source: CART });
const ANSWER = {
  measurements: [
    number("RR Interval", "982"),
    number("QTc Interval", "370"),
    number("QT Interval", "368"),
    number("QRS Duration", "75"),
    number("PR Interval", "161"),
    number("QRS Axis", "52", "deg"),
  ],
  annotations: [
    { at: null, code: "", text: "RITMO SINUSALE", source: CART },
    { at: 12, code: "N", text: "beat", source: CART },
    { at: null, code: "x", text: " ", source: CART },
  ],
};

describe("what a file says", () => {
  it("is read with its source, sentences of the whole only", () => {
    const stated = statedFrom(ANSWER);
    expect(stated.numbers).toHaveLength(6);
    expect(stated.numbers[0]).toEqual({ name: "RR Interval", value: "982", unit: "ms", source: CART });
    expect(stated.sentences).toEqual([{ text: "RITMO SINUSALE", source: CART }]);
    expect(sourcesOf(stated)).toEqual([CART]);
  });

  it("is nothing where nothing was said, or nothing that can be read", () => {
    const nothing = { numbers: [], sentences: [] };
    expect(statedFrom(null)).toEqual(nothing);
    expect(statedFrom({ measurements: "no", annotations: [7] })).toEqual(nothing);
    expect(statedFrom({ measurements: [{ name: "PR", value: 5 }, { value: "5" }] })).toEqual(nothing);
    const coded = statedFrom({ measurements: [{ code: "5.13.5-7", value: "161" }] });
    expect(coded.numbers).toEqual([{ name: "5.13.5-7", value: "161", unit: "", source: "" }]);
    expect(sourcesOf(coded)).toEqual([]);
  });
});

describe("the leading numbers", () => {
  it("stand in the reader's order, whatever order the file has", () => {
    const leading = leadingNumbers(statedFrom(ANSWER));
    expect(leading.map(({ measure, value }) => [measure, value])).toEqual([
      ["pr", "161"],
      ["qrs", "75"],
      ["qt", "368"],
      ["qtc", "370"],
    ]);
  });

  it("leave out what the device wrote as 0, and take the next of that name", () => {
    const of = (...measurements: object[]) => leadingNumbers(statedFrom({ measurements }));
    expect(of(number("PR Interval", "0"))).toEqual([]);
    expect(of(number("PR Interval", "0"), number("PR", "150"))).toMatchObject([{ value: "150" }]);
  });

  it("are known by the names of SCP-ECG and DICOM, and no other word is taken for one", () => {
    const named = (name: string) => leadingOf({ name, value: "1", unit: "", source: "" });
    expect(["PR", "QRS Duration Global", "qt interval", "QTc", "Ventricular Heart Rate"].map(named)).toEqual([
      "pr",
      "qrs",
      "qt",
      "qtc",
      "hr",
    ]);
    expect(["P axis", "QRS Axis", "constructor", "RR", ""].map(named)).toEqual([null, null, null, null, null]);
  });
});
