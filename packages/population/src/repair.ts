import type { Finding, Repair } from './finding.js';
import { fsck } from './fsck.js';
import { pathOf } from './layout.js';
import type { Population } from './population.js';
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
 * but what a worker would delete. After each step it looks anew, since one may have made another needless.
 */
export async function repair(population: Population, options: SweepOptions): Promise<Repaired> {
  const mended: Finding[] = [];
  for (let round = 0; ; round++) {
    const left = await fsck(population, options.host);
    const next = round < ROUNDS ? nextOf(left) : [];
    if (next.length === 0) return { mended, left };
    if (next[0]?.repair?.kind === 'sweep') {
      // Once: what another is collecting at this moment, or has an owner who may live, stays.
      await sweep(population, await findWaste(population, options.host), options);
      const after = await fsck(population, options.host);
      const gone = next.filter(({ path }) => !after.some((finding) => finding.path === path));
      return { mended: [...mended, ...gone], left: after };
    }
    for (const finding of next) if (await mend(population, finding)) mended.push(finding);
  }
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
  let isMended = false;
  for (const path of how?.kind === 'set-aside' ? how.paths : []) {
    if ((await setAside(population, path, problem)) !== undefined) isMended = true;
  }
  return isMended;
}
