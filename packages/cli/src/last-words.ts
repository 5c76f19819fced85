import { nodeFilesystem } from '@galapagos/population';

const LINES = 5;
/** A log that is longer is not read for its last words. */
const MOST_BYTES = 2 ** 26;

/** The end of a worker's log: from its last message to a person, if there is one, else its last lines. */
export async function lastWords(log: string): Promise<string[]> {
  let text: string;
  try {
    text = new TextDecoder().decode(await nodeFilesystem.read(log, MOST_BYTES));
  } catch (error) {
    return [`its log cannot be read: ${String(error)}`];
  }
  const lines = text.trimEnd().split('\n');
  const message = lines.findLastIndex((line) => line.startsWith('galapagos: '));
  return message === -1 ? lines.slice(-LINES) : lines.slice(message, message + LINES);
}
