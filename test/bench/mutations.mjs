// How often each mutation is drawn, applied, and drawn in vain, along random lineages from the first individual.
//
//   npx tsc --build packages/dna && node test/bench/mutations.mjs [draws]

import { MUTATION_NAMES, SeededRandom, firstDna, mutate } from '../../packages/dna/dist/index.js';

const DRAWS = Number(process.argv[2] ?? 10_000);
/** Mutations along one line of descent, before the next starts from the first individual again. */
const GENERATIONS = 40;
const image = { height: 32, width: 32, channels: 3 };

const random = new SeededRandom('10,000 draws');
const table = new Map(MUTATION_NAMES.map((name) => [name, { applied: 0, 'no-site': 0, refused: 0 }]));
let draws = 0;
let lineages = 0;
while (draws < DRAWS) {
  lineages++;
  let dna = firstDna();
  for (let generation = 0; generation < GENERATIONS && draws < DRAWS; generation++) {
    const child = mutate(dna, random, { image });
    for (const { mutation, outcome } of child.drawn) {
      if (draws++ < DRAWS) table.get(mutation)[outcome]++;
    }
    dna = child.dna;
  }
}

const sum = (of) => [...table.values()].reduce((total, row) => total + of(row), 0);
const drawn = (row) => row.applied + row['no-site'] + row.refused;
const all = {
  applied: sum((row) => row.applied),
  'no-site': sum((row) => row['no-site']),
  refused: sum((row) => row.refused),
};
console.log(
  `${DRAWS} draws along ${lineages} lineages of up to ${GENERATIONS} mutations, images of 32 x 32 x 3.`,
);
console.log('Share is of all that were applied.\n');
console.log('| mutation | drawn | applied | no site | refused | share |');
console.log('|---|---:|---:|---:|---:|---:|');
for (const [name, row] of [...table, ['all', all]]) {
  const share = `${((100 * row.applied) / all.applied).toFixed(1)} %`;
  console.log(`| ${name} | ${drawn(row)} | ${row.applied} | ${row['no-site']} | ${row.refused} | ${share} |`);
}
