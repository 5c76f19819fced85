/** An accuracy as people write it: `93.4 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A gain in accuracy, with its sign: `+1.2`; none of what rounds to nothing. */
export function points(gain: number): string {
  const value = Math.abs(100 * gain).toFixed(1);
  return value === '0.0' ? value : `${gain > 0 ? '+' : '-'}${value}`;
}

/** `20 ms`, `0.4 s`, `45 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 0.05) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds > 0 && seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `70 µs`, `1.5 ms`; from a hundredth of a second on a duration. */
export function instant(seconds: number): string {
  if (seconds >= 0.00995) return duration(seconds);
  return seconds < 0.000_999_5 ? `${Math.round(seconds * 1e6)} µs` : `${(seconds * 1000).toFixed(1)} ms`;
}

/** `2:55`, `1:02:03`: a time that ticks. */
export function clockTime(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(whole / 3600);
  return (hours > 0 ? [hours, ...parts] : [String(Math.floor(whole / 60)), parts[1]]).join(':');
}

/** `2017-03-03 10:15:00 UTC`, of an ISO time; what is none stays what it is. */
export function moment(iso: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*Z$/.test(iso) ? `${iso.slice(0, 19).replace('T', ' ')} UTC` : iso;
}

/** `1.5 kB`, `20 MB`: powers of 1000. */
export function bytes(count: number): string {
  return `${scaled(count)}B`;
}

/** `1.5 k`, `20 M`, `3.2 G`: powers of 1000. */
export function scaled(count: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = value >= 99.5 || unit === 0 ? Math.round(value).toString() : value.toPrecision(2);
  return `${digits} ${units[unit] ?? ''}`;
}

/** How many of something: `58 parameters`, `377 k parameters`. */
export function count(number: number, what: string): string {
  return `${scaled(number).trimEnd()} ${what}`;
}

/** Lines that a terminal of so many columns does not wrap; a pipe, which has none, takes them whole. */
export function fit(lines: readonly string[], columns: number | undefined): string[] {
  return lines.map((line) =>
    columns === undefined || line.length <= columns ? line : `${line.slice(0, columns - 1)}…`,
  );
}

/** Rows as columns, each as wide as its widest cell; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const isNumeric = header.map((_, column) =>
    rows.every((row) => /^[+-]?[0-9][0-9.]*( [%kMGTPE])?$|^–?$/.test(row[column] ?? '')),
  );
  return all.map((row) =>
    row
      .map((cell, column) =>
        isNumeric[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** A word as a shell takes it. */
export function quote(word: string): string {
  return /^[\w./@:+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
