import { parsedAs } from '@picket/shared/protocol/check.ts';
import { orNull } from '@picket/shared/protocol/unions.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';
import type { HostFiles } from '../host.ts';

/** What the process driver remembers of the etcd that it started last. */
const ProcessRecord = Type.Object({
  pid: Type.Integer(),
  startTicks: Type.Integer(),
  bootId: Type.String(),
  /** How often etcd was restarted after an unexpected end. */
  restarts: Type.Integer(),
  /** Set before etcd is stopped: its end is then no crash, even if the agent dies first. */
  stopAsked: Type.Boolean(),
  /** How it ended, once that is known. */
  ended: orNull(Type.String()),
});
export type ProcessRecord = Static<typeof ProcessRecord>;

/** null if there is no readable record: the driver then finds the process by its arguments. */
export async function readRecord(files: HostFiles, path: string): Promise<ProcessRecord | null> {
  return parsedAs(ProcessRecord, (await files.read(path)) ?? '');
}

export async function writeRecord(files: HostFiles, path: string, record: ProcessRecord): Promise<void> {
  await files.writeWhole({ path, content: `${JSON.stringify(record)}\n`, mode: 0o644, owner: null });
}
