// The accuracies of several methods, paired over networks and seeds.
import { table } from '../figures.mjs';

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values) => {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
};
const percent = (share, digits = 2) => (Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '–');

/**
 * Student's t, two-sided, at 5 % for three comparisons together (1.7 % each), by degrees of freedom: 19, 4, else about
 * normal.
 */
const critical = (freedom) => (freedom >= 60 ? 2.45 : freedom >= 15 ? 2.63 : 4);

/** @param results [{ network, seed, method, accuracy }] */
export function accuracyReport(results, methods, { steps, batch, examples }) {
  const [first] = methods;
  const networks = [...new Set(results.map(({ network }) => network))];
  const seeds = [...new Set(results.map(({ seed }) => seed))];
  const at = new Map(results.map((r) => [`${r.network} ${r.seed} ${r.method}`, r.accuracy]));
  const of = (network, seed, method) => at.get(`${network} ${seed} ${method}`);
  const complete = networks.filter((n) =>
    seeds.every((s) => methods.every((m) => of(n, s, m) !== undefined)),
  );
  const all = (method) => complete.flatMap((n) => seeds.map((s) => of(n, s, method)));
  const betweenSeeds = (method) =>
    Math.sqrt(mean(complete.map((n) => deviation(seeds.map((s) => of(n, s, method))) ** 2)));
  // One number for each network: those of its seeds are not independent of each other.
  const differences = (method) =>
    complete.map((n) => mean(seeds.map((s) => of(n, s, method) - of(n, s, first))));
  const lines = methods.map((method) => {
    const d = differences(method);
    const error = deviation(d) / Math.sqrt(d.length);
    const t = mean(d) / error;
    const compared =
      method === first
        ? ['', '', '']
        : [
            percent(mean(d), 3),
            percent(error, 3),
            `${t.toFixed(2)}: ${Math.abs(t) < critical(d.length - 1) ? 'none' : 'a difference'}`,
          ];
    return [method, percent(mean(all(method))), percent(betweenSeeds(method)), ...compared];
  });
  const head = [
    'method',
    'accuracy, mean',
    'deviation between seeds',
    `less that of ${first}`,
    'its standard error',
    't, verdict',
  ];
  return [
    `${complete.length} networks, ${seeds.length} seeds each, ${steps} steps of ${batch}; accuracy on ${examples} validation images.`,
    `Same weights and same order of examples for all methods of a seed. t over the ${complete.length} networks, two-sided; 5 % for all comparisons together: ${critical(complete.length - 1)}.`,
    '',
    table(head, lines),
  ].join('\n');
}
