const FORMS: readonly (readonly [RegExp, (...parts: number[]) => number])[] = [
  [/^(\d+)$/, (minutes = 0) => minutes * 60],
  [/^(\d+):(\d+)$/, (minutes = 0, seconds = 0) => minutes * 60 + seconds],
  [/^(\d+):(\d+):(\d+)$/, (hours = 0, minutes = 0, seconds = 0) => hours * 3600 + minutes * 60 + seconds],
  [/^(\d+)-(\d+)$/, (days = 0, hours = 0) => days * 86_400 + hours * 3600],
  [/^(\d+)-(\d+):(\d+)$/, (days = 0, hours = 0, minutes = 0) => days * 86_400 + hours * 3600 + minutes * 60],
  [
    /^(\d+)-(\d+):(\d+):(\d+)$/,
    (days = 0, hours = 0, minutes = 0, seconds = 0) => days * 86_400 + hours * 3600 + minutes * 60 + seconds,
  ],
];

/** Seconds of a time limit as sbatch takes it (`30`, minutes; `4:00:00`; `2-12`); undefined where it is none. */
export function parseSlurmTime(text: string): number | undefined {
  if (/^(infinite|unlimited|0)$/i.test(text)) return Infinity;
  for (const [form, secondsOf] of FORMS) {
    const match = form.exec(text);
    if (match !== null) return secondsOf(...match.slice(1).map(Number));
  }
  return undefined;
}
