import type { Cluster, Member, Reasons, Texts } from './facts.ts';
import type { Say } from './reason.ts';

/** Where a command was run. On a board there is only `picket-agent`. */
export type Place = 'board' | 'elsewhere';
type Here = Cluster & { readonly place: Place };
type OfMember = Here & Member;

/** What to do after a refused restart or hold, or after a hold that did not begin. */
export const nextStepReasons = {
  repeat_when_idle: ({ place, cluster }: Here) =>
    place === 'board'
      ? 'When nothing else is under way in the cluster, repeat this command.'
      : `When \`picket status ${cluster}\` shows that the cluster waits for nothing, repeat this command.`,
  repeat_never: 'Do not repeat this command: this member leaves the cluster.',
  repeat_after_hold: (of: OfMember) => `When that hold has ended, repeat this command. To end it: ${endOfHold(of)}.`,
  repeat_when_released: 'When that hold has ended, repeat this command.',
  say_how_long: (of: OfMember) =>
    `To change until when it is held, say \`--for\`, such as \`--for 2h\`. To end its hold: ${endOfHold(of)}.`,
  repeat_with_shorter_time:
    'Repeat this command with a shorter time after `--for`, or hold the member again when this hold has ended.',
  repeat_shortly: 'Repeat this command in some seconds.',
  repeat_after_rollout: (here: Here) =>
    here.place === 'board'
      ? 'When the rollout is over, repeat this command.'
      : `When the rollout is over, repeat this command. To stop it between two members: \`picket rollout pause ${here.cluster}\`.`,
  repeat_when_all_serve: ({ place, cluster }: Here) =>
    place === 'board'
      ? 'When every voter serves, repeat this command.'
      : `When every voter serves, repeat this command. \`picket status ${cluster}\` shows the state of each.`,
  repeat_when_allowed:
    'If the cluster may stop serving for that time, allow it with the command above. Then repeat this command.',
  repeat_when_it_runs: 'When it runs etcd, repeat this command.',
  restart_comes: 'No action needed.',
  restart_others_first: 'Wait until they have restarted, or let another member lead. Then repeat this command.',
  without_reboot: ({ next }: Reasons<'next'>, say: Say) => `Do not reboot this machine. ${say(next)}`,
  reboot_freely: 'When nobody needs etcd, reboot the machine without a hold.',
  /** `commands`: of the init system; null without one. */
  work_by_hand: ({ commands }: { readonly commands: Texts<'stop' | 'start'> | null }) =>
    'Every other voter serves now. If the work cannot wait, make sure that nobody works on another board. ' +
    (commands === null
      ? 'Then stop the agent first, and etcd after it. After the work, start the agent: it starts etcd.'
      : `Then stop etcd: \`${commands.stop}\`. After the work, start it: \`${commands.start}\`.`),
  repeat_now: 'To hold it all the same, repeat this command.',
  look_at_agent:
    '`picket-agent status` on its machine shows the state of its agent. When the cause is gone, repeat this command.',
} as const;

function endOfHold({ place, cluster, member }: OfMember): string {
  return place === 'board'
    ? `\`picket-agent release\` on the machine of ${member}`
    : `\`picket member release ${cluster} ${member}\``;
}
