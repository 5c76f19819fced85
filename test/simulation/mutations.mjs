// One broken protocol each: the code without a rule. Those marked † are the rules that PROTOCOL.md marks so. A patch
// names a source of packages/, a piece of it that occurs once, and what comes in its place.

/**
 * `known` is what catches it: the seed of a schedule, or an interleaving, as mutants.mjs has found it. `isRare`: chance
 * takes thousands of schedules to find another.
 * @typedef {{ seed: string } | { scene: string, kind: string, choices: string }} Known
 * @typedef {{ file: string, from: string, to: string }} Patch
 * @type {readonly { name: string, patches: readonly Patch[], known?: Known, isRare?: true }[]}
 */
export const mutants = [
  {
    name: '† the folder of a worker that is gone is removed, and its name used again',
    known: { seed: 'mutant 2' },
    patches: [
      {
        file: 'worker/housekeeping.ts',
        from: 'await takeTrash(me, worker);',
        to: `await takeTrash(me, worker);
      const folder = population.path('workers/' + worker);
      for (const file of ['worker.json', 'totals.json', 'beat'])
        await population.filesystem.unlink(folder + '/' + file).catch(() => undefined);
      for (const below of ['/staging', '/trash', ''])
        await population.filesystem.removeDirectory(folder + below).catch(() => undefined);`,
      },
    ],
  },
  {
    name: '† what lies under one’s own name is not adopted',
    known: { seed: 'mutant 21' },
    patches: [
      {
        file: 'worker/orphans.ts',
        from: 'entry.worker === this.shift.me.name || (await isOrphan(entry))',
        to: 'entry.worker !== this.shift.me.name && (await isOrphan(entry))',
      },
    ],
  },
  {
    name: '† totals are written after the admission',
    known: { seed: 'mutant 2' },
    patches: [
      { file: 'population/admit.ts', from: '  await me.writeTotals();\n', to: '' },
      {
        file: 'population/admit.ts',
        from: 'return (await me.population.move(stagingPath(me.name, id), pathOf(entry))) ? entry : undefined;',
        to: `const moved = await me.population.move(stagingPath(me.name, id), pathOf(entry));
  await me.writeTotals();
  return moved ? entry : undefined;`,
      },
    ],
  },
  {
    name: '† one’s own child is deleted where a late rename may still find it',
    known: { scene: 'at the set point', kind: 'one late rename', choices: '0000000100000000000000100001' },
    patches: [
      {
        file: 'population/discard.ts',
        from: 'if (!(await me.population.move(stagingPath(owner, id), litter))) return;',
        to: `if (owner === me.name)
    return await removeTree(me.population.filesystem, me.population.path(stagingPath(owner, id)));
  if (!(await me.population.move(stagingPath(owner, id), litter))) return;`,
      },
    ],
  },
  {
    name: '† the staging of one who was taken for gone is deleted in place',
    known: {
      scene: 'at the set point',
      kind: 'each takes the other for gone',
      choices: '0000000000000000000000000001000000001',
    },
    patches: [
      {
        file: 'population/discard.ts',
        from: 'if (!(await me.population.move(stagingPath(owner, id), litter))) return;',
        to: `if (owner !== me.name)
    return await removeTree(me.population.filesystem, me.population.path(stagingPath(owner, id)));
  if (!(await me.population.move(stagingPath(owner, id), litter))) return;`,
      },
    ],
  },
  {
    name: '† a checkpoint is looked at in the folder of its old owner, and linked afterwards',
    known: {
      scene: 'one short of it',
      kind: 'each takes the other for gone, four steps',
      choices: '0000000000000000000000000000010000001000000000000000000000000000010',
    },
    patches: [
      {
        file: 'population/adopt.ts',
        from: '    await ifPresent(linkOrCopy(filesystem, `${folder}/${name}`, `${own}/${name}`));\n    if ((await readCheckpoint(filesystem, own, checkpoint)) !== undefined) {',
        to: `    if ((await readCheckpoint(filesystem, folder, checkpoint)) !== undefined) {
      await ifPresent(linkOrCopy(filesystem, \`\${folder}/\${name}\`, \`\${own}/\${name}\`));`,
      },
      // Else what is missing is noticed as it is to be on disk.
      { file: 'population/adopt.ts', from: '      await syncTenure(population, entry, [name]);\n', to: '' },
    ],
  },
  {
    name: '† an evaluation is published from the folder of the tenure that came to it',
    known: { seed: 'mutant 7' },
    patches: [
      {
        file: 'population/evaluation.ts',
        from: 'await linkOrCopy(filesystem, `${from}/${EVALUATION_FILE}`, `${to}/${EVALUATION_FILE}`);',
        to: '',
      },
    ],
  },
  {
    name: '† what is evaluated is trained again by whoever adopts it',
    known: {
      scene: 'at the set point',
      kind: 'one crash',
      choices: '000000000001001000000000000000000000000000000000000001',
    },
    patches: [
      {
        file: 'population/adopt.ts',
        from: "if (evaluation !== undefined) return { kind: 'evaluated', evaluation };",
        to: '',
      },
    ],
  },
  {
    name: '† other tenures’ folders are removed before an individual is published',
    known: { scene: 'at the set point', kind: 'one crash', choices: '00000000000100000000000000000001' },
    patches: [
      {
        file: 'population/publish.ts',
        from: 'await removeOwnCheckpoints(population, entry);',
        to: `await removeOwnCheckpoints(population, entry);
  const { removeTree } = await import('./files.js');
  for (const name of await population.listIfPresent(pathOf(entry)))
    if (/^[0-9]+$/.test(name) && name !== String(entry.tenure))
      await removeTree(population.filesystem, population.path(pathOf(entry) + '/' + name));`,
      },
    ],
  },
  {
    name: '† a collection does not begin with one’s own trash',
    known: { seed: 'mutant 3' },
    patches: [
      {
        file: 'population/collect.ts',
        from: 'let recorded = await emptyOwnTrash(me, hallOfFame);',
        to: 'let recorded = 0;',
      },
    ],
  },
  {
    name: '† it is not looked whether what was read is still in the trash',
    known: {
      scene: 'eight dead',
      kind: 'each takes the other for gone',
      choices:
        '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000010000001000000000000000100',
    },
    patches: [
      {
        file: 'population/collect.ts',
        from: 'const here = new Set((await ownTrash(me)).map(trashName));',
        to: 'const here = new Set(entries.map(trashName));',
      },
    ],
  },
  {
    name: '† the dead are marked as recorded before they are',
    known: { seed: 'mutant 1' },
    patches: [
      {
        file: 'population/collect.ts',
        from: '  for (const one of whole) await enterHallOrMark(me, one, hall, hallOfFame);\n',
        to: '',
      },
      {
        file: 'population/collect.ts',
        from: '  if (whole.length > 0)\n    await appendHistory(',
        to: `  for (const one of whole)
    await enterHallOrMark(me, one, await me.population.hallOfFame(), hallOfFame);
  if (whole.length > 0)
    await appendHistory(`,
      },
    ],
  },
  {
    name: '† what was recorded already is read again by whoever takes it over',
    known: {
      scene: 'staging and trash of one who is gone',
      kind: 'one crash',
      choices: '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001',
    },
    patches: [
      {
        file: 'population/collect.ts',
        from: '`${workerPath(me.name)}/trash/${name}`);',
        to: "`${workerPath(me.name)}/trash/${name.replace('~recorded', '')}`);",
      },
    ],
  },
  {
    name: '† after a failed rename it is looked by stat',
    known: { seed: 'mutant 145' },
    patches: [
      {
        file: 'population/population.ts',
        from: "return (await this.list(parent(path))).includes(path.slice(path.lastIndexOf('/') + 1));",
        to: 'return (await ifPresent(this.filesystem.kind(this.path(path)))) !== undefined;',
      },
    ],
  },
  {
    name: 'a rename that was answered with an error is taken for lost',
    known: { seed: 'mutant 5' },
    patches: [
      {
        file: 'population/population.ts',
        from: '    const arrived = await this.#isThere(to);',
        to: '    if (Math.PI > 3) return false;\n    const arrived = await this.#isThere(to);',
      },
    ],
  },
  {
    name: 'the size is not read again before an admission',
    known: {
      scene: 'at the set point',
      kind: 'one crash',
      choices: '000000000001000000000000000000000000000000000',
    },
    patches: [
      {
        file: 'worker/tournament.ts',
        from: '  if (size >= population.experiment.search.populationSize) return await discard(me, id);\n',
        to: '',
      },
    ],
  },
  {
    name: 'alive is listed before training',
    known: {
      scene: 'one short of it',
      kind: 'two preemptions',
      choices: '0000001000000000',
    },
    patches: [
      {
        file: 'population/population.ts',
        from: 'const training = await this.training();\n    const alive = await this.alive();',
        to: 'const alive = await this.alive();\n    const training = await this.training();',
      },
    ],
  },
  {
    name: 'the DNA of a child is not synced',
    known: { seed: 'mutant 7' },
    patches: [
      {
        file: 'population/conceive.ts',
        from: 'sync([dna, birth, folder])',
        to: 'sync([birth, folder])',
      },
    ],
  },
  {
    name: 'an evaluation is not synced',
    known: { seed: 'mutant 30' },
    patches: [
      {
        file: 'population/publish.ts',
        from: 'resultFiles(evaluation)',
        to: '[WEIGHTS_FILE]',
      },
      {
        file: 'population/publish.ts',
        from: 'import { EVALUATION_FILE, type',
        to: 'import { EVALUATION_FILE, WEIGHTS_FILE, type',
      },
    ],
  },
  {
    name: 'weights are not synced',
    known: { seed: 'mutant 30' },
    patches: [
      {
        file: 'population/publish.ts',
        from: 'resultFiles(evaluation)',
        to: '[EVALUATION_FILE]',
      },
    ],
  },
  {
    name: 'an adopter takes what it finds evaluated for what is on disk',
    known: {
      scene: 'an orphan whose result nobody had on disk',
      kind: 'one power cut',
      choices: '0000000000001',
    },
    patches: [
      {
        file: 'population/evaluation.ts',
        from: 'syncTenure(population, entry, resultFiles(evaluation))',
        to: 'syncTenure(population, entry, [])',
      },
    ],
  },
  {
    name: 'an adoption does not count the tenure up: no fence',
    known: {
      scene: 'at the set point',
      kind: 'each takes the other for gone',
      choices: '000000000000000000000000001001000',
    },
    patches: [
      {
        file: 'population/adopt.ts',
        from: 'tenure: orphan.tenure + 1, worker: me.name };',
        to: 'tenure: orphan.tenure, worker: me.name };',
      },
    ],
  },
  {
    name: 'a filesystem that hangs is taken for the death of the others',
    isRare: true,
    known: { seed: 'mutant 6697' },
    patches: [
      {
        file: 'population/liveness.ts',
        from: '    if (this.ownBeatAge > this.options.leaseSeconds / 2) return false;\n',
        to: '',
      },
      {
        file: 'population/liveness.ts',
        from: 'Math.max(0, observed.until - Math.max(observed.since, this.#unbrokenSince))',
        to: 'this.population.clock.monotonic() - observed.since',
      },
      {
        file: 'population/liveness.ts',
        from: 'since: this.population.clock.monotonic(),',
        to: 'since: asked,',
      },
    ],
  },
  {
    name: 'a record follows a torn line without a newline',
    known: {
      scene: 'eight dead',
      kind: 'one write finds the disk full',
      choices: '001',
    },
    patches: [
      {
        file: 'population/history.ts',
        from: "me.historyState === 'torn' || before ? '\\n' : ''",
        to: "''",
      },
    ],
  },
  {
    name: 'the name of the dead does not say who killed them',
    known: { seed: 'mutant 0' },
    patches: [{ file: 'population/kill.ts', from: 'killer: me.name', to: "killer: 'nobody'" }],
  },
  {
    // To look once alone changes nothing: of a name that stays the contents stay, and a file that is listed and does not
    // answer is told apart in one look already. So both go, on a mount with directories that do not answer.
    name: '† what does not answer is taken for spoilt',
    isRare: true,
    known: { seed: 'mutant 425' },
    patches: [
      {
        file: 'population/problem.ts',
        from: "if (errorCode(error) === 'ESTALE') return true;",
        to: '',
      },
      {
        file: 'population/problem.ts',
        from: 'return (await look()).length === 0 ? [] : await look();',
        to: 'return await look();',
      },
    ],
  },
];
