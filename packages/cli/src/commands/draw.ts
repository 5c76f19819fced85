import type { Individual } from '@galapagos/population';
import { defineCommand, directory, individual } from '../command.js';
import { drawNetwork } from '../draw-network.js';
import { drawNetworkSvg } from '../draw-network-svg.js';
import { findMeant } from '../find.js';
import { count, percent } from '../format.js';
import { openPopulation } from '../ground.js';
import { writeOutput } from '../output-file.js';

export const drawCommand = defineCommand({
  name: 'draw',
  describe: 'The network of an individual, living or collected, on the terminal or as a picture',
  positionals: { ...directory, ...individual },
  options: {
    svg: {
      describe: 'Write a picture, SVG, into this file; - for stdout',
      type: 'string',
      requiresArg: true,
    },
  },
  examples: [
    ['draw runs/a best', 'on the terminal'],
    ['draw runs/a w1-12 --svg w1-12.svg', 'for a paper or a browser'],
  ],
  run: async ({ dir, id, svg }, terminal) => {
    const population = await openPopulation(dir);
    const { classes, search } = population.experiment;
    const found = await findMeant(population, id);
    if (svg !== undefined) {
      const caption = { title: titleOf(found), text: subtitleOf(found) };
      const picture = drawNetworkSvg(found.dna, search.image, classes.length, caption);
      await writeOutput(terminal, 'svg', svg, picture);
      return 0;
    }
    for (const line of drawNetwork(found.dna, search.image, classes.length, terminal.columns))
      terminal.out(line);
    return 0;
  },
});

function titleOf({ id, evaluation }: Individual): string {
  return evaluation === undefined ? id : `${id}: validation accuracy ${percent(evaluation.fitness)}`;
}

function subtitleOf({ dna, evaluation }: Individual): string {
  const size = evaluation === undefined ? '' : `${count(evaluation.parameters, 'parameters')}, `;
  return `${size}learning rate ${dna.learningRate.toPrecision(3)}, weight decay ${dna.weightDecayRate.toPrecision(3)}`;
}
