// One broken protocol each: the code without a rule. Those marked † are the rules that PROTOCOL.md marks so. A patch
// names a source of packages/, a piece of it that occurs once, and what comes in its place.

/**
 * `known` is what catches it: the seed of a schedule, or an interleaving, as mutants.mjs has found it.
 * @typedef {{ seed: string } | { scene: string, kind: string, choices: string }} Known
 * @type {readonly { name: string, patches: readonly { file: string, from: string, to: string }[], known?: Known }[]}
 */
export const mutants = [
  {
    name: '† the folder of a worker that is gone is removed, and its name used again',
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
    patches: [
      {
        file: 'worker/housekeeping.ts',
        from: 'return worker === shift.me.name || (await',
        to: 'return worker !== shift.me.name && (await',
      },
    ],
  },
  {
    name: '† totals are written after the admission',
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
    patches: [
      {
        file: 'population/adopt.ts',
        from: '    await ifPresent(linkOrCopy(filesystem, `${folder}/${name}`, `${own}/${name}`));\n    if ((await readCheckpoint(filesystem, own, checkpoint)) !== undefined) {',
        to: `    if ((await readCheckpoint(filesystem, folder, checkpoint)) !== undefined) {
      await ifPresent(linkOrCopy(filesystem, \`\${folder}/\${name}\`, \`\${own}/\${name}\`));`,
      },
    ],
  },
  {
    name: '† an evaluation is published from the folder of the tenure that came to it',
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
    patches: [
      {
        file: 'population/collect.ts',
        from: '  for (const one of whole) await enterHallOrMark(me, one, hallOfFame);\n',
        to: '',
      },
      {
        file: 'population/collect.ts',
        from: '  if (whole.length > 0)\n    await appendHistory(',
        to: `  for (const one of whole) await enterHallOrMark(me, one, hallOfFame);
  if (whole.length > 0)
    await appendHistory(`,
      },
    ],
  },
  {
    name: '† what was recorded already is read again by whoever takes it over',
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
    patches: [
      {
        file: 'population/conceive.ts',
        from: 'formatDna(conception.dna), { sync: true }',
        to: 'formatDna(conception.dna), { sync: false }',
      },
    ],
  },
  {
    name: 'an evaluation is not synced',
    patches: [
      {
        file: 'population/publish.ts',
        from: 'formatDocument(evaluation), { sync: true }',
        to: 'formatDocument(evaluation), { sync: false }',
      },
    ],
  },
  {
    name: 'an adoption does not count the tenure up: no fence',
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
        from: '{ beat, since: this.population.clock.monotonic(), until: asked }',
        to: '{ beat, since: asked, until: asked }',
      },
    ],
  },
  {
    name: 'a record follows a torn line without a newline',
    patches: [
      {
        file: 'population/history.ts',
        from: "me.historyState === 'torn' ? '\\n' : ''",
        to: "''",
      },
    ],
  },
  {
    name: 'the name of the dead does not say who killed them',
    patches: [{ file: 'population/kill.ts', from: 'killer: me.name', to: "killer: 'nobody'" }],
  },
  {
    // To look once alone changes nothing: of a name that stays the contents stay, and a file that is listed and does not
    // answer is told apart in one look already. So both go, on a mount with directories that do not answer.
    name: '† what does not answer is taken for spoilt',
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
