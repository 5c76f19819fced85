import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

// What lies where, by regular expressions of the auditor's own: it must not share a mistake with what it checks.
const ID = '[a-z0-9]+-[0-9]+';
const patterns = {
  training: new RegExp(`^(?<id>${ID})~(?<tenure>[0-9]+)~[a-z0-9]+$`),
  dead: new RegExp(`^(?<id>${ID})~(?<tenure>[0-9]+)~[a-z0-9]+$`),
  alive: new RegExp(`^(?<fitness>[01]\\.[0-9]{6})~(?<id>${ID})~(?<tenure>[0-9]+)$`),
  'hall-of-fame': new RegExp(`^(?<fitness>[01]\\.[0-9]{6})~(?<id>${ID})~(?<tenure>[0-9]+)$`),
  trash: new RegExp(`^(?<id>${ID})~(?<tenure>[0-9]+)$`),
  recorded: new RegExp(`^(?<id>${ID})~(?<tenure>[0-9]+)~recorded$`),
} as const;
type Place = keyof typeof patterns;

interface Found {
  readonly place: Place;
  readonly path: string;
  readonly id: string;
  readonly tenure: string;
  readonly fitness: string | undefined;
}

/** What an auditor saw in one look. */
export interface Look {
  /** Ids by the place that they are in. */
  readonly ids: Record<Place, string[]>;
  /** Ids that have a record in the history. */
  readonly recorded: Set<string>;
  /** Training and alive. */
  readonly size: number;
  /** Children in staging and uncounted litter in trash. */
  readonly litter: string[];
}

/**
 * Looks at an experiment from outside, with plain `node:fs` and no code under test, and remembers whom it ever saw:
 * each individual is in one place, whole; nobody is gone without a record; nobody has a record who never was.
 */
export class Auditor {
  readonly #everSeen = new Set<string>();

  constructor(private readonly root: string) {}

  /** @throws Error that lists every broken promise. */
  look(): Look {
    const found = this.#find();
    const recorded = this.#readHistory();
    const problems = [
      ...this.#doubled(found),
      ...found.flatMap((one) => this.#problemsOf(one, recorded)),
      ...this.#lost(found, recorded),
    ];
    if (problems.length > 0) throw new Error(`the population is not sound:\n  ${problems.join('\n  ')}`);
    const idsIn = (place: Place) => found.filter((one) => one.place === place).map(({ id }) => id);
    return {
      ids: {
        training: idsIn('training'),
        alive: idsIn('alive'),
        dead: idsIn('dead'),
        'hall-of-fame': idsIn('hall-of-fame'),
        trash: idsIn('trash'),
        recorded: idsIn('recorded'),
      },
      recorded,
      size: idsIn('training').length + idsIn('alive').length,
      litter: this.#litter(),
    };
  }

  #find(): Found[] {
    const found: Found[] = [];
    const search = (place: Place, directory: string) => {
      for (const name of namesIn(join(this.root, directory))) {
        const { id, tenure, fitness } = patterns[place].exec(name)?.groups ?? {};
        if (id === undefined || tenure === undefined) continue;
        found.push({ place, path: join(this.root, directory, name), id, tenure, fitness });
      }
    };
    search('training', 'training');
    search('alive', 'alive');
    search('dead', 'dead');
    search('hall-of-fame', 'hall-of-fame');
    for (const worker of namesIn(join(this.root, 'workers'))) {
      search('trash', `workers/${worker}/trash`);
      search('recorded', `workers/${worker}/trash`);
    }
    return found;
  }

  #litter(): string[] {
    return namesIn(join(this.root, 'workers')).flatMap((worker) => [
      ...namesIn(join(this.root, 'workers', worker, 'staging')),
      ...namesIn(join(this.root, 'workers', worker, 'trash')).filter((name) => !name.includes('~')),
    ]);
  }

  #doubled(found: readonly Found[]): string[] {
    const paths = new Map<string, string[]>();
    for (const { id, path } of found) paths.set(id, [...(paths.get(id) ?? []), path]);
    return [...paths].flatMap(([id, all]) => (all.length > 1 ? `${id} is in ${all.join(' and ')}` : []));
  }

  #problemsOf({ place, path, id, tenure, fitness }: Found, recorded: ReadonlySet<string>): string[] {
    const problems: string[] = [];
    const mustHold = (holds: boolean, problem: string) => {
      if (!holds) problems.push(`${path}: ${problem}`);
    };
    mustHold(
      recorded.has(id) ? place !== 'training' && place !== 'alive' && place !== 'dead' : true,
      'is recorded as dead',
    );
    // What is recorded may be half deleted.
    if (place === 'recorded') {
      mustHold(recorded.has(id), 'marked as recorded without a record');
      return problems;
    }
    mustHold(json(join(path, 'dna.json')) !== undefined, 'no whole dna.json');
    mustHold(json(join(path, 'birth.json'))?.['id'] === id, 'no whole birth.json');
    if (place === 'hall-of-fame') mustHold(recorded.has(id), 'in the hall of fame without a record');
    if (place !== 'alive' && place !== 'hall-of-fame') return problems;
    const evaluation = json(join(path, tenure, 'evaluation.json'));
    mustHold(evaluation?.['id'] === id, 'no whole evaluation.json');
    mustHold(Number(evaluation?.['fitness']).toFixed(6) === fitness, 'another fitness than its name says');
    const weights = evaluation?.['weights'];
    if (typeof weights === 'string')
      mustHold(hashOf(join(path, tenure, 'weights.safetensors')) === weights, 'other weights than evaluated');
    return problems;
  }

  #readHistory(): Set<string> {
    const recorded = new Set<string>();
    for (const name of namesIn(join(this.root, 'history'))) {
      for (const line of readFileSync(join(this.root, 'history', name), 'utf8').split('\n')) {
        const record = parse(line);
        // A torn line is no record; whether one is missing then, the accounts show.
        if (record === undefined) continue;
        const whole =
          record['dna'] && record['birth'] && (record['evaluation'] !== null || record['failure'] !== null);
        if (!whole) throw new Error(`history/${name}: the record of ${String(record['id'])} is not whole`);
        recorded.add(String(record['id']));
      }
    }
    return recorded;
  }

  #lost(found: readonly Found[], recorded: ReadonlySet<string>): string[] {
    for (const { id } of found) this.#everSeen.add(id);
    const here = new Set(found.map(({ id }) => id));
    return [
      ...[...this.#everSeen]
        .filter((id) => !here.has(id) && !recorded.has(id))
        .map((id) => `${id} is gone without a record`),
      ...[...recorded].filter((id) => !this.#everSeen.has(id)).map((id) => `${id} is recorded and never was`),
    ];
  }
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

function json(file: string): Record<string, unknown> | undefined {
  return existsSync(file) ? parse(readFileSync(file, 'utf8')) : undefined;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function hashOf(file: string): string | undefined {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined;
}
