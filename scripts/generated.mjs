import { mkdir, readFile, writeFile } from 'node:fs/promises';

const root = new URL('../', import.meta.url);

/**
 * Writes files that are made out of code, or says which of them are stale: with `--check`, and then the process ends
 * with 1.
 * @param {readonly { file: string, text: string }[]} made Paths from the root of the repository.
 * @param {string} command What writes them.
 */
export async function writeOrCheck(made, command) {
  const check = process.argv.includes('--check');
  const stale = [];
  for (const { file, text } of made) {
    const url = new URL(file, root);
    const committed = await readFile(url, 'utf8').catch(() => '');
    if (committed === text) continue;
    stale.push(file);
    if (check) continue;
    await mkdir(new URL('.', url), { recursive: true });
    await writeFile(url, text);
  }
  if (check && stale.length > 0) {
    console.error(`stale: ${stale.join(', ')}\nrun: ${command}`);
    process.exitCode = 1;
  } else {
    console.log(stale.length > 0 ? `wrote ${stale.join(', ')}` : `${made.length} file(s) up to date`);
  }
}
