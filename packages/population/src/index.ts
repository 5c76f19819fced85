export { type Adoption, type Continuation, adopt } from './adopt.js';
export { admit } from './admit.js';
export { overDiskBound, shareTaken } from './disk-bounds.js';
export { type DiskUse, Gauge, type Gauged } from './gauge.js';
export { birthsInVain, reachedBound, shareSpent } from './bounds.js';
export { bury } from './bury.js';
export {
  type Checkpoint,
  checkpointName,
  findCheckpoints,
  parseCheckpointName,
  readCheckpoint,
  sha256,
  writeCheckpoint,
} from './checkpoints.js';
export type { Clock } from './clock.js';
export { collect, takeTrash } from './collect.js';
export { type Conception, conceive } from './conceive.js';
export { Control, type Order, boundsOf, giveOrder } from './control.js';
export { type Curve, curveSchema } from './curve.js';
export { Digester } from './digest.js';
export { cleanStaging, discard } from './discard.js';
export {
  type Attempt,
  type Birth,
  type Evaluation,
  FAILURE_CLASSES,
  type Failure,
  type FailureClass,
  POPULATION_FORMAT,
  type Totals,
  type WorkerDocument,
  attemptSchema,
  birthSchema,
  evaluationSchema,
  failureSchema,
  formatDocument,
  noTotals,
  totalsSchema,
} from './documents.js';
export { PopulationError } from './errors.js';
export {
  type Bounds,
  type ChangedBounds,
  type Experiment,
  type Search,
  boundsSchema,
  changedBoundsSchema,
  createExperiment,
  readExperiment,
  remakeDirectories,
  evaluationSettingsSchema,
  searchSchema,
} from './experiment.js';
export {
  errorCode,
  fullInWords,
  isFull,
  isOutOfPlace,
  isMissing,
  isPassing,
  unfit,
} from './filesystem-errors.js';
export { everyone } from './everyone.js';
export type { Filesystem } from './filesystem.js';
export { allEntries, bestEntry, findIndividual } from './find.js';
export { type Finding, repairInWords } from './finding.js';
export { fsck } from './fsck.js';
export { problemsOf } from './fsck-individuals.js';
export type { Ground } from './ground.js';
export { type Host, type ProcessIdentity, unknowingHost } from './host.js';
export { type Individual, readDna, readIndividual } from './individual.js';
export { famousWithoutRecord, inSeveralPlaces, livingThoughRecorded } from './invariants.js';
export { kill } from './kill.js';
export {
  type AliveEntry,
  CURVE_FILE,
  DNA_FILE,
  EXPERIMENT_FILE,
  type DeadEntry,
  type Entry,
  INHERITED_FILE,
  LOST_AND_FOUND,
  type IndividualId,
  type TrainingEntry,
  WEIGHTS_FILE,
  type WorkerName,
  isIndividualId,
  isWorkerName,
  nameOf,
  parseName,
  pathOf,
  workerPath,
} from './layout.js';
export { type Descent, childrenOf, descent, lineage } from './lineage.js';
export { Liveness, readWorker, readBeat } from './liveness.js';
export { type Politely, politely } from './lock.js';
export { type JoinOptions, Membership } from './membership.js';
export { filesystemAt, localFilesystem } from './local-filesystem.js';
export { BRIEF, type Effort, THOROUGH } from './mount/effort.js';
export { type BetweenFacts, examineBetween } from './mount/examine-between.js';
export { type MountFacts, examineMount } from './mount/examine-mount.js';
export { Gathering, MissingParticipant } from './mount/gathering.js';
export type { ListingFacts } from './mount/listings.js';
export type { MountFilesystem } from './mount/mount-filesystem.js';
export type { RaceFacts } from './mount/race.js';
export { type SoloFacts, examineAlone } from './mount/solo.js';
export { type SharedFacts, examineTogether } from './mount/together.js';
export type { Delay } from './mount/visibility.js';
export { READING, nodeFilesystem } from './node-filesystem.js';
export { isEarlierLife, nodeHost } from './node-host.js';
export { type Outline, outlineOf } from './outline.js';
export { Population } from './population.js';
export { publish, writeEvaluation } from './publish.js';
export {
  type LeftWorkers,
  type Summary,
  TotalsReader,
  type WorkerSummary,
  firstStart,
  readTotals,
  secondsSince,
  sumTotals,
  summarize,
  mayLive,
  summarizeWorkers,
  workerNames,
} from './summary.js';
export { type Quarantine, type Site, covers, parseSite, siteName } from './quarantine.js';
export { readRoll } from './roll.js';
export { type Repaired, repair } from './repair.js';
export { setAside } from './set-aside.js';
export { type SweepOptions, type Swept, type Waste, findWaste, sweep } from './sweep.js';
export { systemClock } from './system-clock.js';
export { beginTenure, handBack, readAttempt, tenureFolder, writeAttempt } from './tenure.js';
