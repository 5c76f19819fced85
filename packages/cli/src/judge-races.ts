import type { RaceFacts, SharedFacts } from '@galapagos/population';
import type { Judgement } from './judge-mount.js';

/** What a worker takes for a race that it lost; and where it looks what has become of it. */
const REFUSALS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENAMETOOLONG'];
/** Rounds of renames that have to have been contested, or nothing is shown. */
const CONTESTED = 5;

interface Rule {
  readonly subject: string;
  /** What one of them does in a round, in the words of the report. */
  readonly act: string;
  /** What follows where more than one wins, or something is lost. */
  readonly whenBroken: { readonly level: 'limit' | 'unfit'; readonly follows: string };
}

const OWN_NAMES: Rule = {
  subject: 'renames of one directory',
  act: 'each to its own name',
  whenBroken: {
    level: 'unfit',
    follows:
      'a rename of a directory is not atomic here: two workers would hold the same individual, or nobody. Use another filesystem',
  },
};
const ONE_NAME: Rule = {
  subject: 'renames to one name',
  act: 'each its own directory',
  whenBroken: { level: 'limit', follows: 'nothing: no worker ever gives a name that another may give' },
};
const MADE: Rule = {
  subject: 'mkdir of one name',
  act: 'all the same',
  whenBroken: {
    level: 'unfit',
    follows: 'two workers would take the same name: use another filesystem',
  },
};
const NAMED: Rule = {
  subject: 'creation of one file',
  act: 'all the same, by hard links or exclusively',
  whenBroken: {
    level: 'unfit',
    follows: 'of two orders one would be lost: use another filesystem',
  },
};

export function judgeRaces({ ownNames, oneName, made, named }: SharedFacts, who: string): Judgement[] {
  return [
    judgeRace(OWN_NAMES, ownNames, who),
    ...(oneName === null ? [] : [judgeRace(ONE_NAME, oneName, who)]),
    judgeRace(MADE, made, who),
    judgeRace(NAMED, named, who),
  ];
}

function judgeRace({ subject, act, whenBroken }: Rule, facts: RaceFacts, who: string): Judgement {
  const { rounds, contested, falseLosses } = facts;
  const wrong = inWords(facts);
  const measured = `${rounds} by ${who}, ${act} (${contested} at the same time): ${wrong ?? `one winner each, nothing lost; ${answersOf(facts)}`}`;
  if (wrong !== undefined) return { subject, measured, ...whenBroken };
  const refusal = REFUSALS.find((code) => code in facts.answers);
  if (refusal !== undefined) {
    const follows = `a lost race is answered with ${refusal}, which a worker takes for the end of the disk, and stops`;
    return { subject, measured, level: 'unfit', follows };
  }
  if (subject === OWN_NAMES.subject && contested < CONTESTED) {
    const follows =
      'this shows little: hardly ever were two at it at the same time. Try again when less goes on';
    return { subject, measured, level: 'limit', follows };
  }
  if (falseLosses > 0) {
    const follows = 'nothing: workers look after each rename that failed';
    return {
      subject,
      measured: `${measured}; ${falseLosses} that had happened were answered with an error`,
      level: 'limit',
      follows,
    };
  }
  return { subject, measured, level: 'good', follows: null };
}

/** What went wrong; undefined where nothing did. */
function inWords({ falseWins, lost, doubled, spoilt }: RaceFacts): string | undefined {
  const said = [
    [falseWins, 'were won, as one was told, by another'],
    [doubled, 'left it there twice'],
    [lost, 'left it nowhere'],
    [spoilt, 'left it not whole'],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, what]) => `${number} ${what}`);
  return said.length === 0 ? undefined : said.join(', ');
}

function answersOf({ answers }: RaceFacts): string {
  return `losers are told ${Object.keys(answers).sort().join(', ') || 'nothing'}`;
}
