// Runs schedules and interleavings of one copy of the packages until a promise is broken; says how, exit code 0, or
// that none was within so many seconds of a processor, exit code 1. Started by mutants.mjs.
const [, , entry = '', limit = '60'] = process.argv;
const { explore, scenes, setScene, simulate } = await import(entry);

/** What is explored besides schedules: a crash, and those who are only slow, and whose work is taken over. */
const KINDS = {
  'one crash': { workers: 2, crashes: 1 },
  'each takes the other for gone': { workers: 2, crashes: 0, preemptions: 2, suspicion: true },
};

let schedules = 0;
let runs = 0;
for (let round = 1; seconds() < Number(limit); round++) {
  for (const until = schedules + 20 * round; schedules < until; schedules++) {
    const { violation } = await simulate(`mutant ${schedules}`);
    if (violation !== undefined) end(`seed 'mutant ${schedules}'`, violation);
  }
  for (const scene of Object.keys(scenes)) {
    for (const [kind, limits] of Object.entries(KINDS)) {
      const explored = await explore(await setScene(scene), { ...limits, runs: 30 * round * round });
      runs += explored.runs;
      if (explored.violation !== undefined)
        end(`${scene}, ${kind}, interleaving ${explored.choices.join('')}`, explored.violation);
    }
  }
}
console.log(`not in ${schedules} schedules and ${runs} interleavings, ${seconds().toFixed(1)} s`);
process.exitCode = 1;

/** Of this process on a processor: what else the machine does changes nothing. */
function seconds() {
  return process.cpuUsage().user / 1e6;
}

function end(how, violation) {
  console.log(`${how}: ${violation.split('\n')[0]}; ${seconds().toFixed(1)} s`);
  process.exit(0);
}
