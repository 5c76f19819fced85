// Runs schedules and interleavings of one copy of the packages until a promise is broken; says how, as JSON, exit code
// 0, or that none was within so many seconds of a processor, exit code 1. Begins with what is known to break it.
// Started by mutants.mjs.
const [, , entry = '', limit = '60', knownJson = '{}'] = process.argv;
const { explore, scenes, setScene, simulate } = await import(entry);

/** What is explored besides schedules. */
const suspicion = { workers: 2, crashes: 0, preemptions: 2, suspicion: true };
const KINDS = {
  'one crash': { workers: 2, crashes: 1 },
  'two preemptions': { workers: 2, crashes: 0, preemptions: 2 },
  'one write finds the disk full': { workers: 2, crashes: 0, full: 1, preemptions: 0 },
  'one power cut': { workers: 2, crashes: 0, power: 1, preemptions: 0 },
  'one late rename': { workers: 2, crashes: 0, late: 1, preemptions: 2 },
  'each takes the other for gone': suspicion,
  'each takes the other for gone, four steps': { ...suspicion, steps: 4 },
};

let [schedules, runs] = [0, 0];
/** @type {{ seed?: string, scene?: string, kind?: string, choices?: string }} */
const known = JSON.parse(knownJson);
if (known.seed !== undefined) await follow(known.seed);
if (known.choices !== undefined) {
  const choices = [...known.choices].map((choice) => Number.parseInt(choice, 36));
  await interleave(known.scene, known.kind, { runs: 1 }, choices);
  // The code has changed: then it is probably near.
  await interleave(known.scene, known.kind, KINDS[known.kind].preemptions === undefined ? { runs: 300 } : {});
}
for (let round = 1; seconds() < Number(limit); round++) {
  for (const until = schedules + 150 * round; schedules < until; schedules++)
    await follow(`mutant ${schedules}`);
  for (const scene of Object.keys(scenes)) {
    for (const kind of Object.keys(KINDS)) {
      if (seconds() > Number(limit)) break;
      await interleave(scene, kind, { runs: 30 * round * round });
      // One interruption at every instant is few; two are many.
      if (round === 2 && KINDS[kind].preemptions !== undefined)
        await interleave(scene, kind, { preemptions: 1 });
    }
  }
}
console.log(`not in ${schedules} schedules and ${runs} interleavings, ${seconds().toFixed(1)} s`);
process.exitCode = 1;

async function follow(seed) {
  const { violation } = await simulate(seed);
  if (violation !== undefined) end({ seed }, violation);
}

async function interleave(scene, kind, limits, choices = []) {
  const explored = await explore(await setScene(scene), { ...KINDS[kind], ...limits }, choices);
  runs += explored.runs;
  if (explored.violation !== undefined) {
    const taken = explored.choices.map((choice) => choice.toString(36)).join('');
    end({ scene, kind, choices: taken }, explored.violation);
  }
}

/** Of this process on a processor: what else the machine does changes nothing. */
function seconds() {
  return process.cpuUsage().user / 1e6;
}

function end(how, violation) {
  console.log(JSON.stringify({ how, violation: violation.split('\n')[0], seconds: seconds() }));
  process.exit(0);
}
