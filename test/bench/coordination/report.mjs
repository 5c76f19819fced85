// What was measured, as tables.

import { median, sum, table } from '../figures.mjs';

/** Medians of all rounds. */
export function report({
  machine,
  filesystem,
  load,
  fsyncs,
  rounds,
  seconds,
  throughput,
  bytes,
  flat,
  kills,
  crowd,
  broken,
}) {
  const sections = [
    `${machine}; ${filesystem}; load ${load.join(' to ')}. ${rounds} rounds of ${seconds} s, medians.`,
  ];
  if (throughput.length > 0) {
    sections.push(
      `Fsyncs of one process on this disk meanwhile: ${range(fsyncs)} a second.`,
      'Finished trials a second; in brackets, how many times as many as Optuna and NePS.',
      rates(throughput),
      'From the start of a process to the end of its first trial, one worker; its processor time for a trial; its share of the trials where there are four workers, the least and the most; tournaments lost to a race.',
      details(throughput),
      'Bytes for each finished trial: in files, and of the disk.',
      table(
        ['', 'finished', 'in files', 'of the disk'],
        bytes.map(({ tool, finished, length, disk }) => [
          tool,
          finished,
          Math.round(length / finished),
          Math.round(disk / finished),
        ]),
      ),
    );
  }
  if (flat !== undefined) {
    const steps = [1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];
    const before = (thousands) => flat.curve.find(([births]) => births >= 1000 * thousands)?.[1] ?? NaN;
    sections.push(
      `A search that grows, ${flat.workers} workers, fsync: births a second up to that birth. At its end ${Math.round(flat.bytes / 1e5)} bytes of the disk for each.`,
      table(
        ['births', ...steps.map((thousands) => `${thousands},000`)],
        [
          [
            'births/s',
            ...steps.map((thousands, index) => {
              const from = steps[index - 1] ?? 0;
              const taken = before(thousands) - (from === 0 ? 0 : before(from));
              return Math.round((1000 * (thousands - from)) / taken);
            }),
          ],
        ],
      ),
    );
  }
  if (kills.length > 0) {
    sections.push(
      'Four workers; ten times two of them are killed (SIGKILL) and started again.',
      table(
        ['', 'kills', 'trials', 'longest silence of everybody, s', 'silences over 5 s', 'trials stranded'],
        kills.map((one) => [
          one.tool,
          one.kills,
          one.trials,
          one.silence.toFixed(1),
          one.silences,
          one.stranded,
        ]),
      ),
    );
  }
  if (crowd !== undefined) {
    const { populationSize, workers, processes, seconds, firstBirth, living } = crowd;
    sections.push(
      `A population of ${populationSize}, ${workers} workers (in ${processes} processes, each worker with a host of its own), trainings of 0 to 2 s; ${seconds} s.`,
      table(
        ['', ''],
        [
          ['births a second', figure(crowd.rate)],
          ['tournaments lost to a race', `${(100 * crowd.lost).toFixed(2)} %`],
          ['a worker’s time in which it does not train', `${(100 * crowd.coordination).toFixed(2)} %`],
          ['processor time of a birth, ms', crowd.cpuMs.toFixed(1)],
          [
            'a process that joins: seconds to its first birth',
            `${median(firstBirth).toFixed(2)} (at most ${Math.max(...firstBirth).toFixed(2)}, of ${firstBirth.length})`,
          ],
          [
            'one of the living takes',
            `${Math.round(living.bytes)} bytes of the disk, ${living.inodes.toFixed(1)} inodes`,
          ],
        ],
      ),
    );
  }
  if (broken.length > 0) sections.push(`Broke off: ${broken.join('; ')}.`);
  return `${sections.join('\n\n')}\n`;
}

function rates(throughput) {
  const workers = distinct(throughput, 'workers');
  const rows = [];
  for (const finished of distinct(throughput, 'finished')) {
    for (const tool of distinct(throughput, 'tool')) {
      const of = (name, count) => median(pick(throughput, name, finished, count).map(({ rate }) => rate));
      if (pick(throughput, tool, finished, workers[0]).length === 0) continue;
      const cells = workers.map((count) => {
        const own = of(tool, count);
        if (Number.isNaN(own)) return '–';
        if (!tool.startsWith('Galapagos')) return figure(own);
        const times = ['Optuna', 'NePS'].map((peer) => of(peer, count)).filter((rate) => rate > 0);
        const ratios = times.map((rate) => `${figure(own / rate)}x`).join(', ');
        return ratios === '' ? figure(own) : `${figure(own)} (${ratios})`;
      });
      rows.push([finished, tool, ...cells]);
    }
  }
  return table(['finished', '', ...workers.map((count) => `${count} worker${count === 1 ? '' : 's'}`)], rows);
}

function details(throughput) {
  const rows = [];
  for (const finished of distinct(throughput, 'finished')) {
    for (const tool of distinct(throughput, 'tool')) {
      const alone = pick(throughput, tool, finished, 1);
      const four = pick(throughput, tool, finished, 4);
      if (alone.length === 0) continue;
      const shares = four.flatMap(({ each }) => each.map((trials) => trials / Math.max(1, sum(each))));
      const lost = sum(four.map((one) => one.lost));
      const trials = sum(four.map(({ each }) => sum(each)));
      rows.push([
        finished,
        tool,
        median(alone.map(({ joined }) => joined)).toFixed(2),
        median(alone.map(({ cpuMs }) => cpuMs)).toFixed(1),
        four.length === 0 ? '' : `${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}`,
        tool.startsWith('Galapagos') && four.length > 0
          ? `${((100 * lost) / (lost + trials)).toFixed(1)} %`
          : '',
      ]);
    }
  }
  return table(['finished', '', 'first trial, s', 'CPU, ms', 'shares of four', 'lost'], rows);
}

function pick(throughput, tool, finished, workers) {
  return throughput.filter(
    (one) => one.tool === tool && one.finished === finished && one.workers === workers,
  );
}

function distinct(rows, key) {
  return [...new Set(rows.map((row) => row[key]))];
}

function range(values) {
  return `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}, median ${Math.round(median(values))}`;
}

function figure(value) {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

function percent(share) {
  return `${Math.round(100 * share)} %`;
}
