// What was chosen to be brought in: known by its first bytes as the service knows it, and refused before it is sent.
import { describe, expect, it } from "vitest";
import { faultOfFiles, formatOfFiles, MOST_BYTES, MOST_FILES, type ChosenFile } from "../../src/protocol/ecg_files";

function file(name: string, at: number, magic: string, bytes = 5000): ChosenFile {
  const head = new Uint8Array(132);
  head.set(new TextEncoder().encode(magic), at);
  return { name, bytes, head };
}
const EDF = file("a.edf", 0, "0       X");
const DICOM = file("a", 128, "DICM");
const SCP = file("a.scp", 16, "SCPECG");
const HEADER = file("100.HEA", 0, "100 2 360");
const SIGNAL = file("100.dat", 0, "");

describe("what files are", () => {
  it("is told by their first bytes, and by a header's name", () => {
    expect([[EDF], [DICOM], [SCP], [SIGNAL, HEADER]].map(formatOfFiles)).toEqual(["edf", "dicom", "scp", "wfdb"]);
    expect(formatOfFiles([file("a.dcm", 0, "PNG")])).toBeNull();
    expect(formatOfFiles([{ name: "short", bytes: 3, head: new Uint8Array(3) }])).toBeNull();
    expect(formatOfFiles([])).toBeNull();
  });
});

describe("a choice", () => {
  it("can be sent where it is one recording", () => {
    expect([[EDF], [HEADER, SIGNAL]].map(faultOfFiles)).toEqual([null, null]);
  });

  it("is refused with its reason", () => {
    expect(faultOfFiles([])).toBe("unknown");
    expect(faultOfFiles([SIGNAL])).toBe("unknown");
    expect(faultOfFiles([{ ...EDF, bytes: 0 }])).toBe("empty");
    expect(faultOfFiles([{ ...EDF, bytes: MOST_BYTES + 1 }])).toBe("large");
    expect(faultOfFiles([EDF, DICOM])).toBe("single");
    expect(faultOfFiles([HEADER, SIGNAL, SIGNAL])).toBe("twice");
    const signals = Array.from({ length: MOST_FILES }, (_, i) => ({ ...SIGNAL, name: `${String(i)}.dat` }));
    expect(faultOfFiles([HEADER, ...signals])).toBe("many");
  });
});
