const UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** The text of a duration that people may write: `90s`, `2h`, `1h30m`. */
export const DURATION_PATTERN = '^([0-9]+(\\.[0-9]+)?(ms|s|min|m|h|d))+$';

/** Seconds of a duration: `90s`, `2h`, `1h30m`, or a plain number of seconds; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const compact = text.replace(/\s+/g, '');
  if (/^[0-9]+(\.[0-9]+)?$/.test(compact)) return Number(compact);
  if (!new RegExp(DURATION_PATTERN).test(compact)) return undefined;
  let seconds = 0;
  for (const [, value = '0', , unit = 's'] of compact.matchAll(/([0-9]+(\.[0-9]+)?)(ms|s|min|m|h|d)/g)) {
    seconds += Number(value) * (UNITS[unit] ?? 0);
  }
  return seconds;
}
