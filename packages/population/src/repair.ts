import type { Finding, Repair } from './finding.js';
import { fsck } from './fsck.js';
import { problemsOf } from './fsck-individuals.js';
import { type Entry, nameOf, pathOf } from './layout.js';
import type { Population } from './population.js';
import { problemIn } from './problem.js';
import { setAside } from './set-aside.js';
import { type SweepOptions, findWaste, sweep } from './sweep.js';

/** What is spoilt goes before what is double, lest the whole one of two goes; clearing away comes last. */
const ORDER: readonly Repair['kind'][] = ['set-aside', 'record', 'sweep'];

/** More than the kinds of repairs that one may make possible for the next. */
const ROUNDS = 5;

export interface Repaired {
  /** What was mended. */
  readonly mended: readonly Finding[];
  /** What is still to be said of the directory. */
  readonly left: readonly Finding[];
}

/**
 * Mends what can be mended without guessing, beside working workers: all of it is renames, and nothing is deleted
 * but what a worker would delete. After each step it looks anew, since one may have made another needless. What
 * cannot be mended is left, with the reason for its fix, and does not keep the others from being mended.
 */
export async function repair(population: Population, options: SweepOptions): Promise<Repaired> {
  const mended: Finding[] = [];
  const refused = new Map<string, string>();
  for (let round = 0; ; round++) {
    const left = await fsck(population, options.host);
    const next = round < ROUNDS ? nextOf(left.filter(({ path }) => !refused.has(path))) : [];
    if (next.length === 0) return { mended, left: left.map((finding) => explain(finding, refused)) };
    if (next[0]?.repair?.kind === 'sweep') {
      // Once: what another is collecting at this moment, or has an owner who may live, stays.
      await attempt(next, refused, async () => {
        await sweep(population, await findWaste(population, options.host), options);
      });
      const after = await fsck(population, options.host);
      const gone = next.filter(({ path }) => !after.some((finding) => finding.path === path));
      return { mended: [...mended, ...gone], left: after.map((finding) => explain(finding, refused)) };
    }
    for (const finding of next) {
      await attempt([finding], refused, async () => {
        if (await mend(population, finding)) mended.push(finding);
      });
    }
  }
}

/** Notes why the filesystem refuses, by the path of what was to be mended. */
async function attempt(
  findings: readonly Finding[],
  refused: Map<string, string>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { problem } = problemIn(error);
    for (const { path } of findings) refused.set(path, problem);
  }
}

function explain(finding: Finding, refused: ReadonlyMap<string, string>): Finding {
  const reason = refused.get(finding.path);
  return reason === undefined ? finding : { ...finding, fix: `it could not be mended: ${reason}` };
}

/** Those of one kind; of what is to be set aside first what is spoilt itself, then what contradicts another. */
function nextOf(findings: readonly Finding[]): Finding[] {
  const kind = ORDER.find((one) => findings.some(({ repair: how }) => how?.kind === one));
  const ofKind = findings.filter(({ repair: how }) => kind !== undefined && how?.kind === kind);
  const own = ofKind.filter(({ path, repair: how }) => how?.kind !== 'set-aside' || how.paths.includes(path));
  return own.length > 0 ? own : ofKind;
}

async function mend(population: Population, { repair: how, problem }: Finding): Promise<boolean> {
  if (how?.kind === 'record') {
    const { id, tenure } = how.entry;
    return await population.move(pathOf(how.entry), pathOf({ state: 'dead', id, tenure, killer: 'fsck' }));
  }
  if (how?.kind !== 'set-aside') return false;
  // It may have gone, or been found to be spoilt, since: then the next round looks at what is left.
  if (how.leavesTo !== undefined && !(await isWhole(population, how.leavesTo))) return false;
  let isMended = false;
  for (const path of how.paths) {
    if ((await setAside(population, path, problem)) !== undefined) isMended = true;
  }
  return isMended;
}

async function isWhole(population: Population, entry: Entry): Promise<boolean> {
  const problems = await problemsOf(population, entry);
  return problems.length === 0 && (await population.list(entry.state)).includes(nameOf(entry));
}
