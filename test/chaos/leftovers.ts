import { lstatSync, readdirSync } from 'node:fs';

// Every path that the protocol knows, by regular expressions of the audit's own.
const id = 'w[0-9]+-[0-9]+';
const tenure = '[0-9]+';
const individual = [
  '(dna|birth)\\.json',
  'inherited\\.safetensors',
  `${tenure}(/((attempt|failure|evaluation)\\.json|curve\\.jsonl|handed-back|(weights|checkpoint~[0-9]+~[0-9]+~[0-9a-f]{16})\\.safetensors))?`,
].join('|');
const known = [
  'experiment\\.json',
  'control(/[0-9]{6})?',
  '(tests|logs|dead\\.lock|lost\\+found)',
  'history(/w[0-9]+\\.jsonl)?',
  'digests(/w[0-9]+-[0-9]+~[0-9]+)?',
  'workers(/w[0-9]+(/(worker\\.json|totals\\.json|beat|staging|trash))?)?',
  `training(/${id}~${tenure}~w[0-9]+(/(${individual}))?)?`,
  `dead(/${id}~${tenure}~w[0-9]+(/(${individual}))?)?`,
  `(alive|hall-of-fame)(/[01]\\.[0-9]{6}~${id}~${tenure}(/(${individual}))?)?`,
];
const isKnown = new RegExp(`^(${known.join('|')})$`);
const isLitter = new RegExp(
  `^(workers/w[0-9]+/(staging/${id}|trash/${id}(~${tenure}(~recorded)?)?)|dead/[^/]+)(/|$)`,
);

export interface Leftovers {
  /** What no protocol put there. */
  readonly foreign: string[];
  /** What whoever comes along clears away, and should have. */
  readonly litter: string[];
  /** `x.new` beside `x`, of a writer that was killed: gone with the folder that it is in. */
  readonly halfWritten: number;
}

/** Looks at every name in an experiment. */
export function leftovers(root: string): Leftovers {
  const foreign: string[] = [];
  const litter: string[] = [];
  let halfWritten = 0;
  const look = (path: string): void => {
    for (const name of readdirSync(`${root}/${path}`)) {
      const below = path === '' ? name : `${path}/${name}`;
      if (isLitter.test(below)) litter.push(below);
      else if (isKnown.test(below)) {
        if (lstatSync(`${root}/${below}`).isDirectory()) look(below);
      } else if (isHalfWritten(below)) halfWritten++;
      else foreign.push(below);
    }
  };
  look('');
  return { foreign, litter, halfWritten };
}

/** `x.new`, or with something drawn between where several may write it at once. */
function isHalfWritten(path: string): boolean {
  return [/\.new$/, /\.[0-9a-z]+\.new$/].some((end) => end.test(path) && isKnown.test(path.replace(end, '')));
}
