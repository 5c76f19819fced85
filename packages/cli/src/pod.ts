/**
 * Whether this is a pod of an Indexed Job of Kubernetes. There SIGTERM says that the pod is taken away, and an end with 0 would
 * say that its work is done, so that no other took its place.
 */
export function isIndexedPod(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment['JOB_COMPLETION_INDEX'] !== undefined;
}
