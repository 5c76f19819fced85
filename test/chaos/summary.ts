import type { Report } from './ordeal.js';

const COLUMNS = 72;

/** What was done, how often, and what was lost. */
export function summary(report: Report): string {
  const { audit, ends, violations } = report;
  const row = (what: string, count: number | string) =>
    `  ${`${what} `.padEnd(COLUMNS, '.')} ${typeof count === 'number' ? count.toLocaleString('en') : count}`;
  return [
    'Done',
    ...Object.entries(report.faults).map(([name, count]) => row(name, count)),
    row('workers started', report.workers),
    row('ended by a kill', ends.killed),
    row('ended since the filesystem refused (5)', ends.refused),
    row('ended since the filesystem failed for a while (1)', ends.failed),
    row('minutes', report.minutes.toFixed(1)),
    '',
    `Found, in ${report.audits} audits`,
    row('individuals', audit.individuals),
    row('of these alive', audit.alive),
    row('in training, given back', audit.inTraining),
    row('dead, waiting for their record', audit.waiting),
    row('dead and recorded', audit.recorded),
    row('trainings begun', audit.trainings),
    row('continued from a checkpoint', audit.continued),
    row('adopted', audit.adopted),
    row('late workers that found their individual taken away', audit.takenAway),
    row('buried', audit.buried),
    row('births and deaths that a killed worker had no time to write down', audit.unsaid),
    row('children that a power cut took before they were on disk', audit.unborn),
    row('half-written files of killed workers', audit.halfWritten),
    row('seconds to the set point after the last fault', report.atSetPointAfter.toFixed(1)),
    '',
    ...violations.slice(0, 40).map((violation) => `  VIOLATION: ${violation}`),
    violations.length === 0
      ? 'PASS: nobody lost, nobody counted twice, no fitness without its training'
      : `FAIL: ${violations.length} violations`,
  ].join('\n');
}
