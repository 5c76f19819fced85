// One measurement of ours: node row.mjs ROW NET SECONDS THREADS -> one line of JSON.
import { readFileSync } from 'node:fs';
import { COMPARED, batchOf, netOf, weightsOf } from './nets.mjs';
import { openNetwork } from './ours.mjs';

const [row, name, seconds, threads] = process.argv.slice(2);
const net = netOf(name);
const batch = batchOf(net);
const now = () => performance.now() / 1000;

const network = await openNetwork(row, net.plan, weightsOf(net), batch, Number(threads));
const losses = Array.from({ length: COMPARED }, () => network.step());
const warmFrom = now();
for (let i = 0; i < 3; i++) network.step();
const warm = now() - warmFrom;
const taken = [];
const cpuFrom = process.cpuUsage();
const start = now();
while (now() - start < Number(seconds) || taken.length < 3) {
  const begun = now();
  network.step();
  taken.push(now() - begun);
}
const cpu = process.cpuUsage(cpuFrom);
taken.sort((a, b) => a - b);
const [, resident] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
const result = {
  version: network.version,
  median: taken[taken.length >> 1],
  best: taken[0],
  steps: taken.length,
  cpu: (cpu.user + cpu.system) / 1e6 / taken.length,
  warm,
  losses,
  mebibytes: resident / 1024,
};
console.log(JSON.stringify(result));
process.exit(0);
