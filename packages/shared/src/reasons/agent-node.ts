import type { AnyReason, Say } from './reason.ts';

type Text = { readonly text: string };
type Path = { readonly path: string };
type Why = { readonly why: AnyReason };
/** The time by this clock and by what contradicts it, to the hour. */
type Times = { readonly now: string; readonly other: string };

/** What keeps an agent from its work that is neither etcd nor the coordinator: the clock, the disk, files of others. */
export const agentNodeReasons = {
  /** The words of an error. */
  error_says: ({ text }: Text) => text,
  clock_before_build: ({ now, other }: Times) => `${clockSays(now)} before this agent was built, ${other}`,
  clock_before_floor: ({ now, other }: Times) => `${clockSays(now)} before a moment that has passed here, ${other}`,
  clock_far_from_coordinator: ({ now, other }: Times) =>
    `${clockSays(now)} far from the coordinator’s ${other}; one of the two is wrong`,
  time_sync: ({ why }: Why, say: Say) => `time sync (${say(why)})`,
  clock_wrong: ({ why }: Why, say: Say) => `the clock cannot be right: ${say(why)}`,
  not_noted: ({ text }: Text) => `what this node does cannot be noted: ${text}`,
  not_looked_at: ({ text }: Text) => `this node cannot be looked at: ${text}`,
  look_hangs: () => 'this node has not been looked at for a while: something holds its agent up',
  overlay_not_saved: ({ text }: Text) => `what has changed in /etc is not saved, and a reboot would undo it: ${text}`,
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
