// A QR code as one SVG path: a unit square for each dark module, neighbours in a row joined.

/** The quiet zone that readers ask for, in modules (ISO/IEC 18004). */
export const QUIET_MODULES = 4;

/** The path of the dark modules, the quiet zone left free around them. */
export function qrPath(size: number, isDark: (row: number, column: number) => boolean): string {
  const runs: string[] = [];
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      let end = column;
      while (end < size && isDark(row, end)) end += 1;
      if (end === column) continue;
      runs.push(`M${column + QUIET_MODULES} ${row + QUIET_MODULES}h${end - column}v1H${column + QUIET_MODULES}z`);
      column = end;
    }
  }
  return runs.join("");
}
