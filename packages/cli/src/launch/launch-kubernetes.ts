import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { type Manifest, applyManifests } from '@galapagos/launcher';
import { EXPERIMENT_FILE } from '@galapagos/population';
import { stringify } from 'yaml';
import { isObject, parseConfiguration, readText } from '../configuration-file.js';
import { resolveConfiguration } from '../configuration.js';
import { quote } from '../format.js';
import { openPopulation } from '../ground.js';
import { type KubernetesRequest, manifestsOf } from './kubernetes-options.js';
import { refuseCrowd, refuseTooMany } from '../refuse-crowd.js';
import { countWorkers } from './tell-ends.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { type WorkerRequest, workerArguments } from './worker-arguments.js';
import { PROGRAM } from '../program.js';

export interface KubernetesLaunchRequest {
  /** The experiment, as pods see it; it need not be on this machine. */
  readonly directory: string;
  readonly workers: number;
  readonly worker: WorkerRequest;
  readonly kubernetes: KubernetesRequest;
  /** Only prints what it would have made. */
  readonly isDryRun: boolean;
  readonly terminal: Terminal;
}

/**
 * Has Kubernetes run workers, or prints the manifests by which it would.
 * @returns The exit code.
 * @throws UsageError, SchedulerError
 */
export async function launchOnKubernetes(request: KubernetesLaunchRequest): Promise<number> {
  const { workers, worker, kubernetes, isDryRun, terminal } = request;
  const configuration =
    kubernetes.config === undefined ? undefined : await configurationFrom(kubernetes.config);
  const isHere = existsSync(resolve(request.directory, EXPERIMENT_FILE));
  const directory = isHere ? resolve(request.directory) : request.directory.replace(/(?<=.)\/+$/, '');
  if (isHere) {
    const population = await openPopulation(directory);
    refuseTooMany(population.experiment.search, workers, terminal);
    if (!isDryRun) await refuseCrowd(population, workers);
  } else if (configuration !== undefined) {
    refuseTooMany(configuration.search, workers, terminal);
  } else {
    terminal.err(
      `${directory} is not on this machine: that there is a search on the claim nobody has looked (--config FILE makes one)`,
    );
  }
  const manifests = manifestsOf(directory, kubernetes, {
    workers,
    arguments: workerArguments(worker, { isOutputKept: false }),
    ...(configuration === undefined ? {} : { configuration: configuration.text }),
  });
  const text = yamlOf(manifests);
  if (isDryRun) {
    for (const line of text.trimEnd().split('\n')) terminal.out(line);
    return 0;
  }
  for (const line of await applyManifests(text)) terminal.err(line);
  const job = manifests.at(-1)?.metadata;
  const where = job?.namespace === undefined ? '' : ` --namespace ${job.namespace}`;
  terminal.err(
    `${countWorkers(workers)}. Look: kubectl get pods${where} --selector app.kubernetes.io/instance=${job?.name}`,
  );
  terminal.err(`End it: kubectl delete job${where} ${job?.name} (they give back what they hold)`);
  if (isHere) terminal.err(`How it goes: ${PROGRAM} status ${quote(directory)}`);
  return 0;
}

/** One document for each. */
function yamlOf(manifests: readonly Manifest[]): string {
  const style = { lineWidth: 0, aliasDuplicateObjects: false };
  return manifests.map((manifest) => `---\n${stringify(manifest, style)}`).join('');
}

/**
 * A configuration that a pod is to read: checked here, but for the data, which only the pod sees.
 * @throws UsageError
 */
async function configurationFrom(path: string): Promise<{
  readonly text: string;
  readonly search: { readonly populationSize: number };
}> {
  const text = await readText(path);
  const raw = parseConfiguration(text, path);
  const { search } = resolveConfiguration(raw, path);
  for (const field of ['directory', 'file']) {
    const data = isObject(raw['data']) ? raw['data'][field] : undefined;
    if (typeof data === 'string' && !isAbsolute(data))
      throw new UsageError(`${path}: data.${field}: with --kubernetes the path as pods see it, from / on`);
  }
  return { text, search };
}
