/** A value of a field; null is an empty one. */
export type CsvValue = string | number | boolean | null;

/** Rows as RFC 4180 has them, without the newline of each line: fields with commas, quotes or breaks are quoted. */
export function csvLines(header: readonly string[], rows: Iterable<readonly CsvValue[]>): string[] {
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r`);
}

function field(value: CsvValue): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
