import { basename, dirname, isAbsolute } from 'node:path';
import { type KubernetesOptions, type Manifest, RESOURCES, renderKubernetes } from '@galapagos/launcher';
import { UsageError } from '../usage-error.js';

const text = { type: 'string', requiresArg: true } as const;
const texts = { ...text, array: true, default: [] as string[] } as const;

/** The first user of most images, and its group. */
const USER = '1000:1000';

/** What `launch --kubernetes` asks of Kubernetes. */
export const kubernetesOptions = {
  kubernetes: {
    describe: 'Have Kubernetes run an Indexed Job, a worker in each pod',
    type: 'boolean',
    default: false,
  },
  image: { ...text, describe: 'With --kubernetes: the image of the workers (deploy/docker)' },
  claim: {
    ...text,
    describe: 'With --kubernetes: the PersistentVolumeClaim that DIR lies on',
    defaultDescription: 'the name of the Job',
  },
  mount: {
    ...text,
    describe: 'With --kubernetes: where pods see that claim',
    defaultDescription: 'the directory above DIR',
  },
  storage: { ...text, describe: 'With --kubernetes: make the claim, of this size: 100Gi' },
  'storage-class': { ...text, describe: 'With --kubernetes: the class of the claim that is made' },
  config: {
    ...text,
    describe: 'With --kubernetes: a configuration; the first pod makes the search, if there is none',
  },
  name: {
    ...text,
    describe: 'With --kubernetes: what the Job is called',
    defaultDescription: 'galapagos and the last part of DIR',
  },
  namespace: { ...text, describe: 'With --kubernetes: the namespace' },
  resource: {
    ...texts,
    describe: `With --kubernetes: what a worker gets, beside ${Object.entries(RESOURCES)
      .map(([name, quantity]) => `${name}=${quantity}`)
      .join(' and ')}: --resource nvidia.com/gpu=1`,
  },
  'node-selector': {
    ...texts,
    describe: 'With --kubernetes: a label of the nodes: --node-selector gpu=a100',
  },
  'runtime-class': { ...text, describe: 'With --kubernetes: the runtime class: nvidia' },
  'image-pull-secret': { ...texts, describe: 'With --kubernetes: the secret of the registry' },
  user: { ...text, describe: 'With --kubernetes: whom the files belong to', defaultDescription: USER },
} as const;

/** As they were given. */
export interface KubernetesRequest {
  readonly kubernetes: boolean;
  readonly image: string | undefined;
  readonly claim: string | undefined;
  readonly mount: string | undefined;
  readonly storage: string | undefined;
  readonly 'storage-class': string | undefined;
  readonly config: string | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  readonly resource: readonly string[];
  readonly 'node-selector': readonly string[];
  readonly 'runtime-class': string | undefined;
  readonly 'image-pull-secret': readonly string[];
  readonly user: string | undefined;
}

/** @throws UsageError where an option makes no sense. */
export function manifestsOf(
  directory: string,
  request: KubernetesRequest,
  rest: Pick<KubernetesOptions, 'workers' | 'arguments' | 'configuration'>,
): Manifest[] {
  const { image, storage, 'storage-class': storageClass, mount = dirname(directory) } = request;
  if (image === undefined)
    throw new UsageError('--kubernetes: say which image, with --image (deploy/docker has what makes it)');
  if (!isAbsolute(directory))
    throw new UsageError(`${directory}: with --kubernetes the directory as pods see it, from / on`);
  if (dirname(directory) === '/' && request.mount === undefined)
    throw new UsageError(
      `${directory}: lies in no volume: with --kubernetes a directory below --mount, /shared/runs/a say`,
    );
  if (storage === undefined && storageClass !== undefined)
    throw new UsageError('--storage-class: only with --storage, the size of the claim that is made');
  const name = request.name ?? nameFor(directory);
  const { namespace, 'runtime-class': runtimeClass } = request;
  const [, uid = '', gid = uid] = /^([0-9]+)(?::([0-9]+))?$/.exec(request.user ?? USER) ?? [];
  try {
    return renderKubernetes({
      ...rest,
      name,
      ...(namespace === undefined ? {} : { namespace }),
      image,
      directory,
      mount,
      claim: request.claim ?? name,
      ...(storage === undefined
        ? {}
        : { storage: { size: storage, ...(storageClass === undefined ? {} : { className: storageClass }) } }),
      resources: Object.fromEntries(request.resource.map((pair) => pairOf('resource', pair))),
      nodeSelector: Object.fromEntries(request['node-selector'].map((pair) => pairOf('node-selector', pair))),
      ...(runtimeClass === undefined ? {} : { runtimeClass }),
      imagePullSecrets: request['image-pull-secret'],
      user: { uid: Number(uid), gid: Number(gid) },
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** What Kubernetes takes for a name, whatever a directory is called. */
function nameFor(directory: string): string {
  const own = basename(directory)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return `galapagos-${own}`.slice(0, 50).replace(/-+$/, '');
}

/** `nvidia.com/gpu=1`. */
function pairOf(flag: string, pair: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
  if (key === undefined || value === undefined)
    throw new UsageError(`--${flag} ${pair}: write it as KEY=VALUE`);
  return [key, value];
}
