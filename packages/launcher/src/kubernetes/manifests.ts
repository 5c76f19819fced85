import type { KubernetesOptions } from './options.js';
import { CONFIGURATION_FILE, pods } from './pods.js';

/** An object of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Labels };
  readonly [field: string]: unknown;
}
type Labels = Readonly<Record<string, string>>;

/** Failures of one worker in all the weeks of a search; from the sixth on it is started again after six minutes. */
const FAILURES = 100;

/**
 * The objects by which Kubernetes runs workers, in the order in which they are to be made: a pure function of its options.
 * For Kubernetes 1.29 and later.
 * @throws {RangeError} when an option makes no sense.
 */
export function renderKubernetes(options: KubernetesOptions): Manifest[] {
  check(options);
  const { name, namespace, claim, storage, configuration, workers } = options;
  const labels = { 'app.kubernetes.io/name': 'galapagos', 'app.kubernetes.io/instance': name };
  const metadataOf = (object: string) => ({
    name: object,
    ...(namespace === undefined ? {} : { namespace }),
    labels,
  });
  const claims: Manifest = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadataOf(claim),
    spec: {
      accessModes: ['ReadWriteMany'],
      ...(storage?.className === undefined ? {} : { storageClassName: storage.className }),
      resources: { requests: { storage: storage?.size } },
    },
  };
  const configurations: Manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadataOf(`${name}-config`),
    data: { [CONFIGURATION_FILE]: configuration },
  };
  const job: Manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadataOf(name),
    spec: {
      // Both can be changed while it runs, together.
      completions: workers,
      parallelism: workers,
      completionMode: 'Indexed',
      backoffLimitPerIndex: FAILURES,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: { rules: failureRules },
      template: { metadata: { labels }, spec: pods(options) },
    },
  };
  return [
    ...(storage === undefined ? [] : [claims]),
    ...(configuration === undefined ? [] : [configurations]),
    job,
  ];
}

/** What the end of a pod means, by the exit codes of `galapagos`; the first rule that fits holds. All else is a failure. */
const failureRules = [
  // Preempted, evicted, drained: nobody's failure.
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  { action: 'Ignore', onExitCodes: { operator: 'In', values: [75] } },
  // A wrong configuration, no such experiment: every worker would end so.
  { action: 'FailJob', onExitCodes: { operator: 'In', values: [2, 3] } },
  // A filesystem, an accelerator, failures in a row: final for one worker; others may be better off.
  { action: 'FailIndex', onExitCodes: { operator: 'In', values: [5, 6, 7] } },
];

function check(options: KubernetesOptions): void {
  const { workers, image, directory, mount, storage, resources = {}, user } = options;
  if (!(Number.isInteger(workers) && workers >= 1))
    throw new RangeError('workers: a whole number, at least 1');
  if (!/^[\w][\w.:/@-]*$/.test(image)) throw new RangeError(`image: '${image}' is no name of an image`);
  const names = { name: options.name, namespace: options.namespace, claim: options.claim };
  for (const [what, value] of Object.entries(names)) {
    // Pods are called after the job, with up to a dozen characters more.
    if (value !== undefined && !(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value) && value.length <= 50))
      throw new RangeError(`${what}: '${value}' is not of a-z, 0-9 and -, at most 50 of them`);
  }
  for (const [what, path] of Object.entries({ mount, directory })) {
    if (!/^\/[^:\0\n]+$/.test(path) || path.split('/').includes('..'))
      throw new RangeError(`${what}: '${path}' is no absolute path`);
  }
  if (!directory.startsWith(`${mount.replace(/\/+$/, '')}/`))
    throw new RangeError(`directory: ${directory} does not lie below ${mount}, where the claim is mounted`);
  const quantities = { ...resources, ...(storage === undefined ? {} : { storage: storage.size }) };
  for (const [what, quantity] of Object.entries(quantities)) {
    if (!/^[0-9]+(\.[0-9]+)?(m|[kMGTPE]|[KMGTPE]i)?$/.test(quantity))
      throw new RangeError(`${what}: '${quantity}' is no quantity of Kubernetes (2, 500m, 8Gi)`);
  }
  if (user !== undefined && !(user.uid > 0 && user.gid > 0 && Number.isInteger(user.uid + user.gid)))
    throw new RangeError('user: numbers of a user and a group, neither of them 0');
}
