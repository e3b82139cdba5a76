import type { Numbers, Texts } from './facts.ts';
import type { Sayers } from './reason.ts';
import { megabytes } from './sizes.ts';

/** This clock’s time, and the time that contradicts it, to the hour. */
type Times = Texts<'now' | 'other'>;

/** What an agent waits for on its machine, apart from etcd: the clock, the disk, files that are not Picket’s. */
export const agentNodeReasons = {
  /** The text of an error that is not in Picket’s table: from etcd, the system or the coordinator. */
  error_says: ({ text }: Texts<'text'>) => text,
  clock_before_build: ({ now, other }: Times) => `${clockSays(now)} before this agent was built, ${other}`,
  clock_before_floor: ({ now, other }: Times) =>
    `${clockSays(now)} before a time that this machine has already seen, ${other}`,
  clock_far_from_coordinator: ({ now, other }: Times) =>
    `${clockSays(now)} far from the coordinator’s ${other}; one of the two is wrong`,
  time_sync: 'time sync ({why})',
  clock_wrong: 'the clock is wrong: {why}',
  not_noted: 'the agent cannot write its record: {why}',
  not_looked_at: 'the agent cannot read the state of this node: {why}',
  look_hangs: 'the agent has not read the state of this node for a while: something blocks it',
  overlay_not_saved: 'the changes in /etc are not saved, so a reboot would undo them: {why}',
  conf_of_others:
    'an operator: {path} is not Picket’s, so the agent does not overwrite it; if no etcd needs it, move it to another place',
  profile_of_others:
    'an operator: {path} is not Picket’s, so the agent does not overwrite it; to let the agent set up etcdctl, move the file to another place',
  tool_would_run_as_root:
    'etcd runs as root here, and the agent runs no fetched program as root; let etcd run as another user (etcdUser in agent.yml)',
  tool_folder_noexec:
    '{path} is on {mountPoint}, which is mounted noexec: run `mount -o remount,exec {mountPoint}`, and change /etc/fstab accordingly',
  release_to_fetch: 'etcd {version} of the release store, which is being fetched',
  release_not_fetched: 'etcd {version} of the release store, which could not be fetched and is tried again: {why}',
  release_not_in_store:
    'an operator: the release store has no etcd {version} for this machine; add its archive with `picket release add`',
  release_not_whole: '{program} of etcd {version} did not arrive whole: {problem}',
  release_no_room: ({ path, neededBytes, freeBytes }: Texts<'path'> & Numbers<'neededBytes' | 'freeBytes'>) =>
    `a release needs ${megabytes(neededBytes)} of free disk in ${path}, which has ${megabytes(freeBytes)}`,
  release_unfit: 'an operator: etcd {version} of the release store does not run on this machine: {why}',
  release_of_other_version: 'an operator: what the release store has as etcd {version} says that it is {said}',
  release_folder_exposed:
    'an operator: {path} is on the way to the release, and {problem}; make it root’s, and writable by root alone',
} as const satisfies Sayers;

function clockSays(now: string): string {
  return `this clock says ${now}, which is`;
}
