import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Timestamp } from './primitives.ts';
import { Rendered } from './rendered.ts';
import { orNull } from './unions.ts';

const BackupTargetView = Type.Object({
  /** A folder of the coordinator's machine, a store with its bucket, or the boards. */
  target: Type.String(),
  /** The backups in it; null: it was not looked at since the coordinator started, or that fails. */
  count: orNull(Type.Integer({ minimum: 0 })),
  /** When the newest of them was made. */
  lastAt: orNull(Timestamp),
  /** Of copies on boards: how many are to have the newest backup, and which members have it. */
  boards: Type.Optional(Type.Object({ wanted: Type.Integer({ minimum: 1 }), held: Type.Array(Type.String()) })),
  /** Why the last attempt failed, and how many have since one worked; null after a success. */
  failure: orNull(Type.Object({ count: Type.Integer({ minimum: 1 }), reason: Rendered })),
});
export type BackupTargetView = Static<typeof BackupTargetView>;

/** `GET /v1/backups`: the backups of the coordinator. */
export const BackupsView = Type.Object({
  /** When one was last made, by the schedule or by command; null: none is known. */
  lastAt: orNull(Timestamp),
  /** What `backup` in coordinator.yml wants; null: backups are made only by command. */
  schedule: orNull(Type.Object({ everyHours: Type.Integer(), keep: Type.Integer(), encrypted: Type.Boolean() })),
  targets: Type.Array(BackupTargetView),
});
export type BackupsView = Static<typeof BackupsView>;
