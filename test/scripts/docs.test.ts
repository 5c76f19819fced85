import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allCommands } from '@galapagos/cli';
import { describe, expect, it } from 'vitest';
import { repository } from '../support/source.js';

const commands = await allCommands();
const pages = readdirSync(join(repository, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const read = (page: string) => readFileSync(join(repository, page), 'utf8');

/** What GitHub makes of a heading. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** `galapagos VERB …` in the examples of a page, without what a shell does with it. */
const commandsIn = (text: string) =>
  [...text.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
    .flatMap((line) => line.replace(/\s#.*$/, '').match(/^(?:npx )?galapagos (.+)$/)?.[1] ?? [])
    .map((line) => line.trim());

describe.each([...pages, 'README.md', 'packages/cli/README.md'])('%s', (page) => {
  const text = read(page);

  it('links to what is there', () => {
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link)) continue;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      expect(existsSync(join(repository, target)), `${page}: ${link}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(read(target)), `${page}: ${link}`).toContain(anchor);
    }
  });

  it('shows commands that there are, with options that they have', () => {
    for (const line of commandsIn(text)) {
      const command = commands.find(({ name }) => `${line} `.startsWith(`${name} `));
      expect(command, `${page}: galapagos ${line}`).toBeDefined();
      const known = Object.keys(command?.options ?? {}).map((option) => `--${option}`);
      for (const word of line.split(/\s+/).filter((each) => each.startsWith('--')))
        expect([...known, '--help'], `${page}: galapagos ${line}`).toContain(word.split('=')[0]);
    }
  });
});

it('the index names every page', () => {
  const index = read('docs/README.md');
  for (const page of pages.filter((page) => page !== 'docs/README.md'))
    expect(index).toContain(`](${page.replace('docs/', '')})`);
});
