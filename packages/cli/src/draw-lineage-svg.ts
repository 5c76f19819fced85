import type { Individual } from '@galapagos/population';
import { percent } from './format.js';
import { captionElements, captionWidth, element, svgDocument, textElement } from './svg.js';

// In pixels.
const MARGIN = 16;
const LEFT = 64;
const TOP = 70;
const HEIGHT = 300;
const FOOT = 40;
const LEAST_WIDTH = 480;
const STEP = 14;

/**
 * The fitness of each of a line of ancestors as an SVG picture, generation by generation; a mark says which mutation
 * when it is pointed at. Those that were not evaluated are left out.
 */
export function drawLineageSvg(line: readonly Individual[]): string {
  const evaluated = line.flatMap(({ id, birth, evaluation }, generation) =>
    evaluation === undefined ? [] : [{ id, birth, generation, fitness: evaluation.fitness }],
  );
  const fitnesses = evaluated.map(({ fitness }) => fitness);
  const { low, high, step } = scaleOf(fitnesses);
  const generations = Math.max(1, line.length - 1);
  const width = Math.max(LEAST_WIDTH, STEP * generations);
  const x = (generation: number): number => LEFT + (width * generation) / generations;
  const y = (fitness: number): number => TOP + (HEIGHT * (high - fitness)) / (high - low);
  const title = `Line of ancestors of ${line.at(-1)?.id ?? ''}`;
  const caption = {
    title,
    text: `validation accuracy over ${line.length - 1} generations; ● weights inherited, ○ from scratch`,
  };
  const points = evaluated.map((one) => `${rounded(x(one.generation))},${rounded(y(one.fitness))}`);
  return svgDocument({
    width: Math.max(LEFT + width, captionWidth(caption)) + 2 * MARGIN,
    height: TOP + HEIGHT + FOOT + MARGIN,
    title,
    description: evaluated.map(({ id, fitness }) => `${id} ${percent(fitness)}`).join(', '),
    elements: [
      ...captionElements(caption, MARGIN),
      ...ticks(low, high, step).map((value) => level(y(value), value, width)),
      ...generationTicks(generations).map((generation) =>
        textElement(
          { x: x(generation), y: TOP + HEIGHT + 22, 'text-anchor': 'middle', class: 'faint' },
          String(generation),
        ),
      ),
      element('polyline', { class: 'arc', stroke: '#2563eb', points: points.join(' ') }),
      ...evaluated.map((one) => mark(x(one.generation), y(one.fitness), one)),
    ],
  });
}

function level(y: number, value: number, width: number): string {
  const label = { x: LEFT - 8, y: y + 4, 'text-anchor': 'end', class: 'faint' };
  return (
    element('path', { class: 'grid', d: `M${LEFT} ${rounded(y)}H${LEFT + width}` }) +
    textElement(label, percent(value))
  );
}

function mark(
  x: number,
  y: number,
  { id, birth, fitness }: { fitness: number } & Pick<Individual, 'id' | 'birth'>,
): string {
  const applied = birth.mutations
    .filter(({ outcome }) => outcome === 'applied')
    .map(({ mutation }) => mutation);
  const forgot = applied.includes('RESET-WEIGHTS') || birth.parent === null;
  const said = [`${id}, ${percent(fitness)}`, ...applied].join('\n');
  const title = element('title', {}, said);
  return element('circle', { cx: x, cy: y, r: 3.5, class: forgot ? 'hollow' : 'dot' }, title);
}

/** Whole steps of 1, 2 or 5 times a power of ten around all values. */
function scaleOf(values: readonly number[]): { low: number; high: number; step: number } {
  const least = values.length === 0 ? 0 : Math.min(...values);
  const most = values.length === 0 ? 1 : Math.max(...values);
  const rough = Math.max(most - least, 0.004) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const low = Math.floor(least / step) * step;
  return { low, high: Math.max(low + step, Math.ceil(most / step - 1e-9) * step), step };
}

function ticks(low: number, high: number, step: number): number[] {
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step);
}

/** At most eleven of them, 0 among them. */
function generationTicks(generations: number): number[] {
  const every =
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((step) => generations / step <= 10) ?? generations;
  return Array.from({ length: Math.floor(generations / every) + 1 }, (_, index) => index * every);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
