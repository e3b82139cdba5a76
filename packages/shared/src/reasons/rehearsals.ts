import type { Why } from './facts.ts';
import type { Sayers } from './reason.ts';

/** Why a snapshot could not be restored in a rehearsal, or no rehearsal begins. */
export const rehearsalReasons = {
  /** `format`: the minor version of the snapshot's data. `minor`: that of the cluster. */
  rehearsal_no_program: ({
    format,
    minor,
    runsReleases,
  }: {
    readonly format: string;
    readonly minor: string;
    readonly runsReleases: boolean;
  }) =>
    `the coordinator has no etcd and etcdutl that it may run and that serve data of etcd ${format}; ` +
    (runsReleases
      ? `add a release with \`picket release add\`, of etcd ${minor} for the machine of the coordinator`
      : `add a release of etcd ${minor} for its machine with \`picket release add\`, and set \`runReleases: true\` in coordinator.yml; or install both there`),
  rehearsal_no_room: ({
    folder,
    neededMiB,
    freeMiB,
    reserveMiB,
  }: Readonly<Record<'neededMiB' | 'freeMiB' | 'reserveMiB', number>> & { readonly folder: string }) =>
    `${folder} has no room for it: it needs ${neededMiB} MiB for a while, ${freeMiB} MiB are free, and ${reserveMiB} MiB must stay free`,
  rehearsal_not_restored: 'etcdutl {version} did not restore it: {said}',
  rehearsal_not_started: ({ version, why }: Why & { readonly version: string }, say) =>
    `etcd ${version} did not start with it: ${say(why)}`,
  /** The last line of etcd's log, or of what it printed. */
  etcd_last_said: ({ said }: { readonly said: string }) => (said === '' ? 'it said nothing' : `it said “${said}”`),
  rehearsal_behind: ({ recorded, restored }: Readonly<Record<'recorded' | 'restored', number>>) =>
    `etcd has revision ${restored} after the restore, and the snapshot was recorded with revision ${recorded}`,
  rehearsal_too_long: 'it took longer than {minutes} minutes',
  rehearsal_interrupted: 'the coordinator was stopped before it ended',
  no_snapshot_to_rehearse: 'it has no snapshot yet; `picket snapshot take` takes one',
} as const satisfies Sayers;
