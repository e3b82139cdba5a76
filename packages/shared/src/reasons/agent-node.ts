import type { AnyReason, Say } from './reason.ts';

type Path = { readonly path: string };
type Why = { readonly why: AnyReason };
/** The time by this clock and by what contradicts it, to the hour. */
type Times = { readonly now: string; readonly other: string };

/** What keeps an agent from its work that is neither etcd nor the coordinator: the clock, the disk, files of others. */
export const agentNodeReasons = {
  /** What an error says that is not of Picket’s table: the words of etcd, the system or the coordinator. */
  error_says: ({ text }: { readonly text: string }) => text,
  clock_before_build: ({ now, other }: Times) => `${clockSays(now)} before this agent was built, ${other}`,
  clock_before_floor: ({ now, other }: Times) => `${clockSays(now)} before a moment that has passed here, ${other}`,
  clock_far_from_coordinator: ({ now, other }: Times) =>
    `${clockSays(now)} far from the coordinator’s ${other}; one of the two is wrong`,
  time_sync: ({ why }: Why, say: Say) => `time sync (${say(why)})`,
  clock_wrong: ({ why }: Why, say: Say) => `the clock cannot be right: ${say(why)}`,
  not_noted: ({ why }: Why, say: Say) => `what this node does cannot be noted: ${say(why)}`,
  not_looked_at: ({ why }: Why, say: Say) => `this node cannot be looked at: ${say(why)}`,
  look_hangs: () => 'this node has not been looked at for a while: something holds its agent up',
  overlay_not_saved: ({ why }: Why, say: Say) =>
    `what has changed in /etc is not saved, and a reboot would undo it: ${say(why)}`,
  conf_of_others: ({ path }: Path) =>
    `an operator: ${path} is not Picket’s, and it is not overwritten; move it away if no etcd needs it`,
  profile_of_others: ({ path }: Path) =>
    `an operator: ${path} is not Picket’s, and it is not overwritten; move it away to have etcdctl set up there`,
  tool_would_run_as_root: () =>
    'etcd runs as root here, and no fetched program does; give etcd a user of its own (etcdUser)',
  tool_folder_noexec: ({ path, mountPoint }: Path & { readonly mountPoint: string }) =>
    `${path} lies on ${mountPoint}, which is mounted noexec: \`mount -o remount,exec ${mountPoint}\`, and in /etc/fstab`,
} as const;

function clockSays(now: string): string {
  return `this clock says ${now}, which is`;
}
