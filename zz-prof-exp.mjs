import { compiled } from './test/worker/fixtures/compile.mjs';
const { makeExperiment } = await import(await compiled('worker/experiment.ts'));
await makeExperiment(process.argv[2], { populationSize: 40, bounds: { individuals: 400 } });
