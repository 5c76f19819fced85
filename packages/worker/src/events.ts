import type { DrawnMutation } from '@galapagos/dna';
import type { FailureClass, IndividualId, WorkerName } from '@galapagos/population';
import type { Progress } from './evaluate.js';

/** Everything that a worker does. The events are the truth; the log subscribes. */
export type WorkerEvent =
  | {
      readonly event: 'joined';
      readonly worker: WorkerName;
      readonly host: string;
      /** The task of Slurm that it is. */
      readonly task?: string | undefined;
      readonly backend: string;
      readonly reason?: string | undefined;
    }
  | {
      readonly event: 'born';
      readonly id: IndividualId;
      readonly parent: IndividualId | undefined;
      readonly mutations: readonly DrawnMutation[];
    }
  | {
      readonly event: 'killed';
      readonly id: IndividualId;
      readonly fitness: number;
      readonly by: IndividualId;
    }
  | { readonly event: 'lost-race'; readonly over: IndividualId | undefined }
  | {
      readonly event: 'adopted';
      readonly id: IndividualId;
      readonly tenure: number;
      readonly from: WorkerName;
      readonly continuation: string;
      /** The step that training goes on from. */
      readonly step: number;
    }
  | { readonly event: 'progress'; readonly id: IndividualId; readonly progress: Progress }
  | {
      readonly event: 'published';
      readonly id: IndividualId;
      readonly fitness: number;
      readonly seconds: number;
      /** The back ends that trained it before, where they were others than ours. */
      readonly earlierBackends?: readonly string[];
    }
  | {
      readonly event: 'failed';
      readonly id: IndividualId;
      readonly class: FailureClass;
      readonly reason: string;
      readonly attempt: number;
    }
  | {
      readonly event: 'buried';
      readonly id: IndividualId;
      readonly class: FailureClass;
      readonly reason: string;
    }
  | { readonly event: 'handed-back'; readonly id: IndividualId }
  | { readonly event: 'taken-away'; readonly id: IndividualId }
  /** The DNA of one that was drawn is not valid. */
  | { readonly event: 'unreadable'; readonly id: IndividualId; readonly reason: string }
  /** What has been put in its place, or in that of its files, lies in `lost+found/` now. */
  | { readonly event: 'set-aside'; readonly id: IndividualId; readonly reason: string }
  | { readonly event: 'waiting'; readonly reason: string }
  | { readonly event: 'collected'; readonly count: number }
  /** A site, our own perhaps, is not to train any more. */
  | { readonly event: 'quarantined'; readonly site: string; readonly reason: string }
  /** There is no room on the disk: it is waited for. */
  | { readonly event: 'disk-full'; readonly reason: string }
  | { readonly event: 'beat-failed'; readonly reason: string }
  /** Something ends it that it could not outlast. */
  | { readonly event: 'broken'; readonly reason: string }
  | {
      readonly event: 'leaving';
      readonly reason: LeaveReason;
      /** By what it was asked: a signal, say. */
      readonly by?: string | undefined;
    }
  | { readonly event: 'left' };

/** Why a worker leaves. */
export type LeaveReason =
  /** An order in the directory. */
  | 'stopped'
  /** A signal, or the launcher. */
  | 'asked'
  /** A bound of the search is reached. */
  | 'budget'
  /** Several of its trainings failed in a row: it may be this machine. */
  | 'failure-limit'
  /** This machine, or this accelerator, is quarantined. */
  | 'quarantined';
