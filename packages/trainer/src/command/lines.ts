/** Longer ones are nobody's report. */
const LONGEST = 64_000;

/** Cuts a stream of text into lines; of one that does not end the beginning is told, and the rest let go. */
export function linesOf(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  let isSkipping = false;
  return (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      if (!isSkipping) onLine(line);
      isSkipping = false;
    }
    if (rest.length <= LONGEST) return;
    if (!isSkipping) onLine(rest);
    isSkipping = true;
    rest = '';
  };
}
