import { type KubernetesOptions, RESOURCES } from './options.js';

/** Seconds to give back what it trains, once it is told to leave. */
const GRACE_SECONDS = 120;
export const CONFIGURATION_FILE = 'galapagos.yaml';
const CONFIGURATION_MOUNT = '/etc/galapagos';
/** Not much, but enough to look through the data and to draw up limits. */
const INIT_RESOURCES = { requests: { cpu: '1', memory: '4Gi' }, limits: { memory: '4Gi' } };

/** The pod of a worker: no root, nothing that it could write to but the claim and its own `/tmp`. */
export function pods(options: KubernetesOptions): object {
  const { image, directory, mount, claim, configuration, runtimeClass } = options;
  const { nodeSelector = {}, imagePullSecrets = [], user = { uid: 1000, gid: 1000 } } = options;
  const resources = { ...RESOURCES, ...options.resources };
  const gpus = Object.keys(resources).filter((resource) => /gpu|\/mig-/.test(resource));
  const shared = {
    image,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
  const mounts = [
    { name: 'population', mountPath: mount },
    { name: 'tmp', mountPath: '/tmp' },
  ];
  const init = {
    name: 'init',
    ...shared,
    args: [
      'init',
      verbatim(directory),
      '--config',
      `${CONFIGURATION_MOUNT}/${CONFIGURATION_FILE}`,
      '--if-missing',
    ],
    env: [{ name: 'HOME', value: '/tmp' }],
    resources: INIT_RESOURCES,
    volumeMounts: [...mounts, { name: 'configuration', mountPath: CONFIGURATION_MOUNT, readOnly: true }],
  };
  const worker = {
    name: 'worker',
    ...shared,
    args: ['worker', directory, ...(options.arguments ?? [])].map(verbatim),
    env: [
      { name: 'HOME', value: '/tmp' },
      // Whoever asked for a GPU does not train without.
      ...(gpus.length > 0 ? [{ name: 'GALAPAGOS_GPU', value: 'require' }] : []),
    ],
    resources: requirementsOf(resources),
    volumeMounts: mounts,
  };
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: GRACE_SECONDS,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: user.uid,
      runAsGroup: user.gid,
      fsGroup: user.gid,
      // A population has a hundred thousand files, which nobody is to go through for each pod.
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(runtimeClass === undefined ? {} : { runtimeClassName: runtimeClass }),
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
    // Nodes with GPUs turn away whoever does not ask for one.
    ...(gpus.length === 0
      ? {}
      : { tolerations: gpus.map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' })) }),
    ...(imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
    ...(configuration === undefined ? {} : { initContainers: [init] }),
    containers: [worker],
    volumes: [
      { name: 'population', persistentVolumeClaim: { claimName: claim } },
      { name: 'tmp', emptyDir: {} },
      ...(configuration === undefined
        ? []
        : [{ name: 'configuration', configMap: { name: `${options.name}-config` } }]),
    ],
  };
}

/** Kubernetes replaces `$(NAME)` in arguments. */
function verbatim(word: string): string {
  return word.replaceAll('$(', '$$$$(');
}

/** A processor that nobody else needs may be used; memory and devices are what was asked for, and no more. */
function requirementsOf(requests: Readonly<Record<string, string>>): object {
  const limits = Object.fromEntries(Object.entries(requests).filter(([resource]) => resource !== 'cpu'));
  return { requests, limits };
}
