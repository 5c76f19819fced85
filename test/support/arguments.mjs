import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/**
 * The arguments of a script, by `parseArgs`. What its file begins with is its help; whoever asks for it or writes something
 * else gets to read that, and the process ends with 0 or 2.
 * @param {string} file Of the script: `import.meta.filename`.
 * @param {import('node:util').ParseArgsConfig} config
 */
export function argumentsOf(file, config) {
  const help = { type: 'boolean', short: 'h' };
  try {
    const found = parseArgs({ ...config, options: { ...config.options, help } });
    if (found.values.help !== true) return found;
    console.log(helpOf(file));
    process.exit(0);
  } catch (error) {
    if (!String(error.code).startsWith('ERR_PARSE_ARGS')) throw error;
    console.error(`${error.message}\n\n${helpOf(file)}`);
    process.exit(2);
  }
}

/** The comment that a file begins with. */
function helpOf(file) {
  const lines = readFileSync(file, 'utf8')
    .replace(/^#!.*\n/, '')
    .split('\n');
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  );
  return comment.map((line) => line.replace(/^\/\/ ?/, '')).join('\n');
}
