import { resolve } from 'node:path';
import { Population, type Entry } from '@galapagos/population';
import { type Command, commandOf } from './command.js';
import { directoryOf } from './environment.js';
import { realGround } from './ground.js';

/** The first word of a command line that asks what could come next; a shell writes it, never a person. */
export const COMPLETE_FLAG = '--complete';

/** Positionals that name an individual. */
const INDIVIDUALS = ['id', 'ids', 'a', 'b'];

/**
 * What may stand in the place of the last of the words, which has perhaps begun; nothing where a file is expected.
 * @param words What stands behind the program's name, the last one as far as it is written.
 */
export async function complete(
  commands: readonly Command[],
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<string[]> {
  // bash hands `--backend=si` over in three words.
  const given = words.flatMap((word) => (word === '=' ? [] : word.split(/^(--[a-z-]+)=/).filter(Boolean)));
  const current = words.at(-1) === '=' || words.at(-1) === '' ? '' : (given.pop() ?? '');
  const command = commandOf(commands, given);
  const found =
    command === undefined
      ? verbs(commands, given)
      : await within(command, given.slice(command.name.split(' ').length), current, environment);
  return found.filter((word) => word.startsWith(current));
}

/** Some verbs have two words: `data import`. */
function verbs(commands: readonly Command[], given: readonly string[]): string[] {
  const next = commands
    .map(({ name }) => name.split(' '))
    .filter((words) => given.every((word, index) => word === words[index]))
    .flatMap((words) => words[given.length] ?? []);
  return [...new Set(next), ...(given.length === 0 ? ['--help', '--version'] : [])];
}

async function within(
  { options, positionals }: Command,
  given: readonly string[],
  current: string,
  environment: NodeJS.ProcessEnv,
): Promise<string[]> {
  const optionOf = (word = '') => (word.startsWith('--') ? options[word.slice(2)] : undefined);
  const before = optionOf(given.at(-1));
  if (before !== undefined && before.type !== 'boolean') return (before.choices ?? []).map(String);
  if (current.startsWith('-')) {
    const free = Object.keys(options).filter(
      (name) => options[name]?.array === true || !given.includes(`--${name}`),
    );
    return [...free.map((name) => `--${name}`), '--help'];
  }
  const placed = given.filter(
    (word, index) => !word.startsWith('-') && !takesValue(optionOf(given[index - 1])),
  );
  const named = directoryOf(environment);
  const keys = Object.keys(positionals);
  const place = (index: number) => keys[Math.min(index, keys.length - 1)] ?? '';
  const choices = positionals[place(placed.length)]?.choices;
  if (choices !== undefined) return choices.map(String);
  if (placed.length < keys.length || positionals[keys.at(-1) ?? '']?.array === true) {
    const [dir] = placed;
    if (dir !== undefined && INDIVIDUALS.includes(place(placed.length))) return await individualsIn(dir);
    // The directory may be left out.
    if (named !== undefined && INDIVIDUALS.includes(place(placed.length + 1)))
      return await individualsIn(named);
  }
  return [];
}

function takesValue(option: Command['options'][string] | undefined): boolean {
  return option !== undefined && option.type !== 'boolean';
}

/** `best`, and the individuals that are listed without opening a record, the fittest first. */
async function individualsIn(dir: string): Promise<string[]> {
  try {
    const population = await Population.open(resolve(dir), realGround());
    const evaluated = [...(await population.alive()), ...(await population.hallOfFame())];
    const others: Entry[] = [...(await population.training()), ...(await population.dead())];
    const ids = [...evaluated.toSorted((a, b) => b.fitness - a.fitness), ...others].map(({ id }) => id);
    return ['best', ...new Set(ids)];
  } catch {
    // It is no experiment, or not yet: a shell that asks must not be told of errors.
    return [];
  }
}
