// Files of other systems: what a person has chosen to bring in, as the service takes it (signaling/api/ecg_file_models.py,
// recording/exchange/reading.py), and the forms in which an ECG is handed out.

/** Of one recording: a WFDB record of a header, signal files and annotations. */
export const MOST_FILES = 8;
/** Of all files of one ECG. */
export const MOST_BYTES = 16 * 1024 * 1024;
/** So much of each file tells what it is. */
export const HEAD_BYTES = 132;

export const FILE_FORMATS = ["wfdb", "edf", "dicom", "scp"] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export const EXPORT_FORMATS = ["wfdb", "dicom", "dicom_strip", "edf", "fhir"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A file as it was chosen, with its first bytes. */
export interface ChosenFile {
  readonly name: string;
  readonly bytes: number;
  readonly head: Uint8Array;
}

/** What is wrong with a choice before it is sent; what is inside the files the service says. */
export type FilesFault = "unknown" | "many" | "large" | "single" | "twice" | "empty";

const WFDB_HEADER = ".hea";
const MAGIC: readonly { readonly format: FileFormat; readonly at: number; readonly text: string }[] = [
  { format: "edf", at: 0, text: "0       " },
  { format: "dicom", at: 128, text: "DICM" },
  { format: "scp", at: 16, text: "SCPECG" },
];

/** What the files are by name and first bytes; null for none that is read. */
export function formatOfFiles(files: readonly ChosenFile[]): FileFormat | null {
  if (files.some(({ name }) => name.toLowerCase().endsWith(WFDB_HEADER))) return "wfdb";
  const head = files[0]?.head ?? new Uint8Array();
  const says = (at: number, text: string): boolean =>
    text === String.fromCharCode(...head.subarray(at, at + text.length));
  return MAGIC.find(({ at, text }) => says(at, text))?.format ?? null;
}

/** Null where they can be sent. */
export function faultOfFiles(files: readonly ChosenFile[]): FilesFault | null {
  const format = formatOfFiles(files);
  if (files.some(({ bytes }) => bytes === 0)) return "empty";
  if (format === null) return "unknown";
  if (files.length > MOST_FILES) return "many";
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > MOST_BYTES) return "large";
  if (format !== "wfdb" && files.length > 1) return "single";
  return new Set(files.map(({ name }) => name)).size < files.length ? "twice" : null;
}
