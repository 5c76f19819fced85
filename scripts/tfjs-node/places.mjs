import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Where the trainer looks: packages/trainer/src/tensorflow.ts says the same, and a test holds the two together. */
export function defaultDirectory({ GALAPAGOS_TFJS_NODE: named, XDG_DATA_HOME: xdg, HOME: home }) {
  if (named) return named;
  const data = xdg && isAbsolute(xdg) ? xdg : join(home || homedir(), '.local', 'share');
  return join(data, 'galapagos', 'tfjs-node');
}
