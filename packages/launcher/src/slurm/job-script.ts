/** What a job script says and does. */
export interface JobScript {
  /** Options of sbatch by their long names, in their order; true for one without a value. */
  readonly directives: Readonly<Record<string, string | true>>;
  /** For whoever reads it. */
  readonly comment: readonly string[];
  /** Lines of shell that come before. */
  readonly setup: readonly string[];
  /** The worker, as the shell calls it. */
  readonly command: string;
}

/**
 * A script for sbatch that runs one worker in each task of an array: it passes signals on to the worker, starts it again as
 * a launcher does, and asks for the task to be queued again where the worker says that it was preempted (75).
 * @throws {RangeError} where an option could not be read back as it is: it has a line break.
 */
export function jobScript({ directives, comment, setup, command }: JobScript): string {
  const options = Object.entries(directives).map(([name, value]) => `#SBATCH ${optionOf(name, value)}`);
  return [
    '#!/bin/bash',
    ...options,
    '',
    ...comment.map((line) => `# ${line}`.trimEnd()),
    '',
    ...setup,
    // After it: modules use variables that are not set.
    'set -uo pipefail',
    BODY.replace('COMMAND', () => command),
  ].join('\n');
}

/** `--name=value`, as it stands on a command line of sbatch too. @throws {RangeError} as {@link jobScript}. */
export function optionOf(name: string, value: string | true): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new RangeError(`'${name}' is no option of sbatch`);
  if (value === true) return `--${name}`;
  if (/[\r\n]/.test(value)) throw new RangeError(`--${name}: a line break cannot be in an option of sbatch`);
  return `--${name}=${/^[\w@%+=:,./[\]*&|!-]*$/.test(value) ? value : `"${value.replaceAll('"', '\\"')}"`}`;
}

/** A word of a shell, whatever is in it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const BODY = `
# --signal=B: reaches this shell alone, and a shell hears nothing while it waits for a program in the foreground.
# One that comes before the worker has begun is passed on when it has.
worker='' early='' asked=''
pass_on() {
  told=1 asked=$1
  if [[ -n $worker ]]; then kill "-$1" "$worker"; else early=$1; fi
}
trap 'pass_on USR1' USR1
trap 'pass_on TERM' TERM

# Older versions of Slurm do not say by themselves when the time is over.
if [[ -n \${SLURM_JOB_ID:-} && -z \${SLURM_JOB_END_TIME:-} ]]; then
  end=$(squeue --noheader --jobs="$SLURM_JOB_ID" --format=%e 2>/dev/null) &&
    end=$(date --date="$end" +%s 2>/dev/null) && export SLURM_JOB_END_TIME=$end
fi

# A worker that failed, or was killed by a signal that did not come this way, is started again, each time later.
failures=0
while true; do
  begun=$SECONDS
  COMMAND &
  worker=$!
  if [[ -n $early ]]; then kill "-$early" "$worker"; fi
  # A signal ends the waiting, not the worker.
  told=1
  while ((told)); do
    told=0
    wait "$worker"
    status=$?
  done
  worker=''
  if ((status != 0)); then
    # For galapagos logs: who was killed could not say so.
    level=warn
    if ((status == 75)); then level=info; fi
    printf '{"level":"%s","time":"%s","code":%d,"seconds":%d,"msg":"process-ended"}\\n' \\
      $level "$(date --utc +%Y-%m-%dT%H:%M:%S.%3NZ)" "$status" "$((SECONDS - begun))"
  fi
  if [[ -n $asked ]] || ((status != 1 && status <= 128)); then break; fi
  if ((SECONDS - begun >= 60)); then failures=0; fi
  if ((++failures > 5)); then
    echo "the worker failed $failures times in a row: this task gives up" >&2
    status=7
    break
  fi
  sleep $((2 ** failures)) &
  wait $!
  kill $! 2>/dev/null
  if [[ $asked == USR1 ]]; then status=75; fi
  if [[ -n $asked ]]; then break; fi
done

if ((status == 75)) && [[ -n \${SLURM_JOB_ID:-} ]]; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}\${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}"
fi
exit "$status"
`;
