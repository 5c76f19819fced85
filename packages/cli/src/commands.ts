import { type Command, verbOf } from './command.js';

/** Every verb, in the order of the help. Each is loaded by itself: none needs what all of them need together. */
const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  quickstart: async () => (await import('./commands/quickstart.js')).quickstartCommand,
  init: async () => (await import('./commands/init.js')).initCommand,
  launch: async () => (await import('./commands/launch.js')).launchCommand,
  scale: async () => (await import('./commands/scale.js')).scaleCommand,
  worker: async () => (await import('./commands/worker.js')).workerCommand,
  status: async () => (await import('./commands/status.js')).statusCommand,
  check: async () => (await import('./commands/check.js')).checkCommand,
  wait: async () => (await import('./commands/wait.js')).waitCommand,
  metrics: async () => (await import('./commands/metrics.js')).metricsCommand,
  best: async () => (await import('./commands/best.js')).bestCommand,
  ls: async () => (await import('./commands/ls.js')).lsCommand,
  show: async () => (await import('./commands/show.js')).showCommand,
  lineage: async () => (await import('./commands/lineage.js')).lineageCommand,
  draw: async () => (await import('./commands/draw.js')).drawCommand,
  diff: async () => (await import('./commands/diff.js')).diffCommand,
  rerun: async () => (await import('./commands/rerun.js')).rerunCommand,
  logs: async () => (await import('./commands/logs.js')).logsCommand,
  stop: async () => (await import('./commands/stop.js')).stopCommand,
  pause: async () => (await import('./commands/pause.js')).pauseCommand,
  resume: async () => (await import('./commands/resume.js')).resumeCommand,
  quarantine: async () => (await import('./commands/quarantine.js')).quarantineCommand,
  set: async () => (await import('./commands/set.js')).setCommand,
  'data import': async () => (await import('./commands/data-import.js')).dataImportCommand,
  'data show': async () => (await import('./commands/data-show.js')).dataShowCommand,
  gc: async () => (await import('./commands/gc.js')).gcCommand,
  fsck: async () => (await import('./commands/fsck.js')).fsckCommand,
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand,
  completion: async () => (await import('./commands/completion.js')).completionCommand,
};

/** Every verb, in the order of the help. */
export async function allCommands(): Promise<readonly Command[]> {
  return await Promise.all(Object.values(loaders).map((load) => load()));
}

/** The verb that a command line begins with; all of them where it begins with none. */
export async function commandsFor(argv: readonly string[]): Promise<readonly Command[]> {
  const verb = verbOf(Object.keys(loaders), argv);
  const load = verb === undefined ? undefined : loaders[verb];
  return load === undefined ? await allCommands() : [await load()];
}
