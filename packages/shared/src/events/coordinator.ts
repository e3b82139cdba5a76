import { durationOf } from '../reasons/durations.ts';
import type { AnyReason, Say } from '../reasons/reason.ts';

/** Events about the coordinator itself. */
export const coordinatorEvents = {
  /**
   * `awayMs`: since it was stopped, or since it last stored something, up to an hour before its end; null if no coordinator
   * has run on this store before, or if its clock was set back meanwhile. `wasStopped`: false if it ended without saying so; null if none has run before.
   */
  'coordinator-started': ({
    version,
    awayMs,
    wasStopped,
  }: {
    readonly version: string;
    readonly awayMs: number | null;
    readonly wasStopped: boolean | null;
  }) => {
    const again = wasStopped === null ? '' : ' again';
    const away = awayMs === null ? '' : `, after ${wasStopped === false ? 'at most ' : ''}${durationOf(awayMs)}`;
    const ended = wasStopped === false ? '; before that it ended without being stopped' : '';
    return `The coordinator started${again} (version ${version})${away}${ended}.`;
  },
  'backup-made': 'A backup of the coordinator was made, with {parts} files, and was read to its end.',
  'backup-stored': 'A backup of the coordinator was stored in {target}, with {bytes} bytes, and was read back.',
  'backup-not-stored': ({ target, why }: { readonly target: string; readonly why: AnyReason }, say: Say) =>
    `No backup of the coordinator could be stored in ${target}: ${say(why)}.`,
  'snapshot-imported': 'a snapshot of another cluster was imported as {snapshot} by {by}, with revision {revision}',
  /** `keys`: null if etcd did not say how many. */
  'snapshot-rehearsed': ({
    snapshot,
    etcdVersion,
    revision,
    keys,
    tookMs,
  }: Readonly<Record<'snapshot' | 'etcdVersion', string>> &
    Readonly<Record<'revision' | 'tookMs', number>> & { readonly keys: number | null }) =>
    `the snapshot ${snapshot} was restored in a rehearsal: etcd ${etcdVersion} served ` +
    `${keys === null ? '' : `${keys} keys at `}revision ${revision}, after ${durationOf(tookMs)}`,
  'rehearsal-failed': ({ snapshot, why }: { readonly snapshot: string; readonly why: AnyReason }, say: Say) =>
    `the snapshot ${snapshot} could not be restored in a rehearsal: ${say(why)}`,
  'coordinator-stopped': 'The coordinator (version {version}) was stopped.',
} as const;
