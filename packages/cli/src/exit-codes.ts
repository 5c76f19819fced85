/** What the ends of a command mean to a launcher or a scheduler. */
export const ExitCode = {
  done: 0,
  error: 1,
  usage: 2,
  noExperiment: 3,
  notFinished: 4,
  unfitFilesystem: 5,
  noAccelerator: 6,
  failureLimit: 7,
  requeue: 75,
  interrupted: 130,
  terminated: 143,
} as const;

/** What the ends mean to a person, and whether a launcher starts the worker again. */
export const exitCodes: readonly {
  readonly codes: readonly number[];
  readonly meaning: string;
  readonly restarts: string;
}[] = [
  { codes: [ExitCode.done], meaning: 'Done, or asked to stop.', restarts: 'no' },
  {
    codes: [ExitCode.error],
    meaning: 'An error; `fsck`: a promise is broken; `show`: no such individual.',
    restarts: 'yes, with back-off',
  },
  {
    codes: [ExitCode.usage],
    meaning: 'The command line, the configuration or the data is wrong.',
    restarts: 'no',
  },
  {
    codes: [ExitCode.noExperiment],
    meaning: 'No such experiment, or one that this version or this data does not go with.',
    restarts: 'no',
  },
  {
    codes: [ExitCode.notFinished],
    meaning: '`check`, `wait`: the search has not come to its end.',
    restarts: 'no',
  },
  {
    codes: [ExitCode.unfitFilesystem],
    meaning:
      'The filesystem is unfit: read-only, forbidden, without room for the directory of the logs as `launch` begins, without an atomic rename (`doctor`). One that fails for a while ends with 1.',
    restarts: 'no',
  },
  {
    codes: [ExitCode.noAccelerator],
    meaning: 'The back end that was asked for cannot be used.',
    restarts: 'no',
  },
  { codes: [ExitCode.failureLimit], meaning: 'Too many failures in a row.', restarts: 'no' },
  {
    codes: [ExitCode.requeue],
    meaning: 'SIGUSR1, or SIGTERM in a pod of an Indexed Job: queue me again.',
    restarts: 'yes',
  },
  {
    codes: [ExitCode.interrupted, ExitCode.terminated],
    meaning: 'Left at once: a second SIGINT or SIGTERM.',
    restarts: 'yes, if the launcher did not send it',
  },
];
