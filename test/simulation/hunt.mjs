// Runs schedules and interleavings of one copy of the packages until a promise is broken; says how, exit code 0, or
// that none was within so many seconds of a processor, exit code 1. Started by mutants.mjs.
const [, , entry = '', limit = '60', first = ''] = process.argv;
const { explore, scenes, setScene, simulate } = await import(entry);

/** What is explored besides schedules. */
const KINDS = {
  'one crash': { workers: 2, crashes: 1 },
  'two preemptions': { workers: 2, crashes: 0, preemptions: 2 },
  'one write finds the disk full': { workers: 2, crashes: 0, full: 1, preemptions: 0 },
  'one late rename': { workers: 2, crashes: 0, late: 1, preemptions: 2 },
  'each takes the other for gone': { workers: 2, crashes: 0, preemptions: 2, suspicion: true },
};

let [schedules, runs] = [0, 0];
const suspicion = 'each takes the other for gone';
if (first !== '') await interleave(first, suspicion, { ...KINDS[suspicion], steps: 4 });
for (let round = 1; seconds() < Number(limit); round++) {
  for (const until = schedules + 20 * round; schedules < until; schedules++) {
    const { violation } = await simulate(`mutant ${schedules}`);
    if (violation !== undefined) end(`seed 'mutant ${schedules}'`, violation);
  }
  for (const scene of Object.keys(scenes)) {
    for (const [kind, limits] of Object.entries(KINDS)) {
      await interleave(scene, kind, { ...limits, runs: 30 * round * round });
      // One interruption at every instant is few; two are many.
      if (round === 2 && limits.preemptions !== undefined)
        await interleave(scene, kind, { ...limits, preemptions: 1 });
    }
  }
}
console.log(`not in ${schedules} schedules and ${runs} interleavings, ${seconds().toFixed(1)} s`);
process.exitCode = 1;

async function interleave(scene, kind, limits) {
  const explored = await explore(await setScene(scene), limits);
  runs += explored.runs;
  if (explored.violation !== undefined)
    end(`${scene}, ${kind}, interleaving ${explored.choices.join('')}`, explored.violation);
}

/** Of this process on a processor: what else the machine does changes nothing. */
function seconds() {
  return process.cpuUsage().user / 1e6;
}

function end(how, violation) {
  console.log(`${how}: ${violation.split('\n')[0]}; ${seconds().toFixed(1)} s`);
  process.exit(0);
}
