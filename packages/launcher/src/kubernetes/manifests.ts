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

/** What the images and the pods need where it is: a volume there would hide it. */
const TAKEN =
  /^\/+(bin|dev|etc|galapagos|lib|lib32|lib64|libx32|proc|root|run|sbin|sys|tfjs-node|tmp|usr|var)(\/|$)/;
const QUANTITY = /^[0-9]+(\.[0-9]+)?(m|[kMGTPE]|[KMGTPE]i)?$/;
const OWN_RESOURCES = /^(cpu|memory|ephemeral-storage|hugepages-\w+)$/;
/** Of an Indexed Job whose failures are counted for each index. */
const MOST_WORKERS = 100_000;

function check(options: KubernetesOptions): void {
  const { workers, image, directory, mount, storage, resources = {}, user } = options;
  if (!(Number.isInteger(workers) && workers >= 1 && workers <= MOST_WORKERS))
    throw new RangeError(`--workers ${workers}: a whole number from 1 to ${MOST_WORKERS}`);
  if (!/^[\w][\w.:/@-]*$/.test(image)) throw new RangeError(`--image '${image}': no name of an image`);
  const names = { name: options.name, namespace: options.namespace, claim: options.claim };
  for (const [what, value] of Object.entries(names)) {
    // Pods are called after the job, with up to a dozen characters more.
    const most = what === 'namespace' ? 63 : 50;
    if (value !== undefined && !(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value) && value.length <= most))
      throw new RangeError(`--${what} '${value}': of a-z, 0-9 and -, at most ${most} of them`);
  }
  for (const [what, path] of Object.entries({ '--mount': mount, 'the directory': directory })) {
    if (!/^\/[^:\0\n]+$/.test(path) || /(^|\/)\.\.?(\/|$)/.test(path))
      throw new RangeError(`${what} '${path}': a path from / on, without . and ..`);
  }
  if (TAKEN.test(mount))
    throw new RangeError(
      `--mount ${mount}: a volume there would hide what is in the image; /shared, /population, /mnt/… do`,
    );
  if (!directory.startsWith(`${mount.replace(/\/+$/, '')}/`))
    throw new RangeError(`${directory}: does not lie below --mount ${mount}, where pods see the claim`);
  if (storage !== undefined) requireQuantity(`--storage ${storage.size}`, storage.size);
  for (const [resource, quantity] of Object.entries(resources)) {
    const what = `--resource ${resource}=${quantity}`;
    requireQuantity(what, quantity);
    if (OWN_RESOURCES.test(resource)) continue;
    if (!/^[a-z0-9.-]+\/[\w.-]+$/.test(resource))
      throw new RangeError(`${what}: no resource; cpu, memory, or of a device: nvidia.com/gpu`);
    if (!/^[0-9]+$/.test(quantity)) throw new RangeError(`${what}: devices are whole`);
  }
  const isId = (id: number) => Number.isInteger(id) && id > 0 && id < 2 ** 31;
  if (user !== undefined && !(isId(user.uid) && isId(user.gid)))
    throw new RangeError('--user: numbers of a user and a group, neither of them 0: 1000:1000');
}

function requireQuantity(what: string, quantity: string): void {
  if (!QUANTITY.test(quantity) || Number.parseFloat(quantity) === 0)
    throw new RangeError(`${what}: a quantity of Kubernetes, and not 0: 2, 500m, 8Gi`);
}
