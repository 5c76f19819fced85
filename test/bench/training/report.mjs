// The record of a run as Markdown.
import { differences } from './losses.mjs';
import { median, table } from '../figures.mjs';
import { describe } from '../machine.mjs';

/** What a rate is. */
export const MEASURES = {
  rate: 'by the median step',
  best: 'by the fastest step',
  cpu: 'by processor time, which others on the machine disturb least',
};

export function report(record) {
  const parts = [heading(record), steps(record), ratios(record), losses(record), notes(record)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function heading({ machine, batch, by, peaks, loads, started, measurements, rows }) {
  const versions = rows
    .filter(({ name }) => /torch/i.test(name))
    .map(({ name }) => measurements.find(({ row }) => row === name)?.version);
  const torch = versions.find((version) => version !== undefined);
  const peak = peakOf(peaks);
  return [
    `${describe(machine)}${torch ? `; PyTorch ${torch}` : ''}; ${started.slice(0, 10)}.`,
    `FMA peak of one core ${peak === undefined ? 'not measured: no C compiler' : `${peak.toFixed(0)} GFLOP/s (largest of ${peaks.length}; median ${median(peaks).toFixed(0)})`}. Load while it ran ${Math.min(...loads)} to ${Math.max(...loads)}.`,
    `Batch ${batch}, float32, whole steps with the loss read back. Steps/s ${MEASURES[by]}: median of the rounds (lowest – highest).`,
  ].join('\n');
}

function steps(record) {
  const settings = [...new Set(record.measurements.map(({ setting }) => setting))];
  const peak = peakOf(record.peaks);
  const head = ['net', 'row', ...settings, 'of the peak', 'MiB'];
  const lines = [];
  for (const { name: net, gigaflops } of record.nets) {
    for (const { name: row } of record.rows) {
      const cells = settings.map((setting) => spread(ratesOf(record, net, row, setting)));
      const one = ratesOf(record, net, row, '1 thread');
      const share =
        one.length > 0 && peak !== undefined
          ? `${((100 * gigaflops * median(one)) / peak).toFixed(0)} %`
          : '–';
      const found = record.measurements.filter((m) => m.net === net && m.row === row);
      const mebibytes = found.length === 0 ? '–' : Math.max(...found.map((m) => m.mebibytes)).toFixed(0);
      lines.push([`${net} (${gigaflops.toPrecision(3)} GFLOP)`, row, ...cells, share, mebibytes]);
    }
  }
  return table(head, lines);
}

/** Ours over PyTorch: the ratio of the medians of the rounds. */
function ratios(record) {
  const torch = record.rows.filter(({ kind }) => kind === 'torch').map(({ name }) => name);
  const subjects = record.rows.filter(({ name }) => !/torch/i.test(name)).map(({ name }) => name);
  if (torch.length === 0 || subjects.length === 0) return '';
  const settings = [...new Set(record.measurements.map(({ setting }) => setting))];
  return settings.map((setting) => ratiosOf(record, setting, torch, subjects)).join('\n\n');
}

function ratiosOf(record, setting, torch, subjects) {
  const rate = (net, row) => median(ratesOf(record, net, row, setting));
  const over = (net, row, others) =>
    rate(net, row) / Math.max(...others.map((other) => rate(net, other) || 0));
  const asItComes = torch.filter((name) => !name.includes('tuned'));
  const nets = record.nets.map(({ name }) => name);
  const both = (net, row) => `${times(over(net, row, torch))} / ${times(over(net, row, asItComes))}`;
  const bestOf = (net) => torch.toSorted((a, b) => rate(net, b) - rate(net, a))[0];
  const lines = nets.map((net) => [net, bestOf(net), ...subjects.map((row) => both(net, row))]);
  const random = nets.filter((net) => net.startsWith('dna'));
  if (random.length > 1) {
    const of = (summary) =>
      subjects.map((row) =>
        [torch, asItComes]
          .map((others) => times(summary(random.map((net) => over(net, row, others)))))
          .join(' / '),
      );
    lines.push([`${random.length} random DNAs, median`, '', ...of(median)]);
    lines.push([`${random.length} random DNAs, worst`, '', ...of((values) => Math.min(...values))]);
  }
  const title = `${setting}: how many times as fast as PyTorch at its best / as it comes (the faster layout of each)`;
  return `${title}\n\n${table(['net', 'PyTorch at its best', ...subjects], lines)}`;
}

function losses(record) {
  const lines = differences(record).map(({ net, row, from, worst }) => [
    net,
    row,
    from,
    worst.toExponential(1),
  ]);
  if (lines.length === 0) return 'The losses of the first steps are the same in all rows, to 4 digits.';
  return `Losses that differ:\n\n${table(['net', 'row', 'from', 'relative difference'], lines)}`;
}

function notes({ absent, failures }) {
  const missing = absent.map(({ name, reason }) => `- ${name}: not measured: ${reason}`);
  const failed = failures.map(({ net, row, setting, reason }) => `- ${net}, ${row}, ${setting}: ${reason}`);
  return [...missing, ...failed].join('\n');
}

function ratesOf({ measurements, by }, net, row, setting) {
  return measurements
    .filter((m) => m.net === net && m.row === row && m.setting === setting)
    .map((m) => m[by]);
}

function peakOf(peaks) {
  const known = peaks.filter((peak) => peak !== undefined && peak !== null);
  return known.length === 0 ? undefined : Math.max(...known);
}

function spread(rates) {
  if (rates.length === 0) return '–';
  return `${digits(median(rates))} (${digits(Math.min(...rates))} – ${digits(Math.max(...rates))})`;
}

function digits(number) {
  return number >= 1000 ? number.toFixed(0) : number.toPrecision(3);
}

function times(ratio) {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '–';
}
