import { misfit } from '@picket/shared/protocol/check.ts';
import { HeldOrder } from '@picket/shared/protocol/report.ts';
import { Identifier } from '@picket/shared/protocol/words.ts';
import { type Static, Type } from 'typebox';
import type { HostFiles } from '../host/host.ts';

/** What root on this machine orders of the running agent, without a coordinator. */
export const LocalOrder = Type.Object({
  /** Names the hold, as a permit is named. */
  id: Identifier,
  /** The boot and the monotonic milliseconds in which it was ordered: it counts for a while only. */
  boot: Type.Union([Type.String(), Type.Null()]),
  at: Type.Number(),
  /** null: the hold ends. */
  hold: Type.Union([
    Type.Object({
      seconds: HeldOrder.properties.seconds,
      stop: Type.Boolean(),
      why: Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()]),
    }),
    Type.Null(),
  ]),
});
export type LocalOrder = Static<typeof LocalOrder>;

export function localOrderPath(stateDir: string): string {
  return `${stateDir}/local-order.json`;
}

/** The last order; null if there is none. A file that is no order counts as none. */
export async function readLocalOrder(files: Pick<HostFiles, 'read'>, stateDir: string): Promise<LocalOrder | null> {
  const text = await files.read(localOrderPath(stateDir));
  if (text === null) return null;
  try {
    const order: unknown = JSON.parse(text);
    return misfit(LocalOrder, order) === undefined ? (order as LocalOrder) : null;
  } catch {
    return null;
  }
}

/** Replaces the order before it (R9). The folder belongs to root. */
export async function writeLocalOrder(
  files: Pick<HostFiles, 'writeWhole'>,
  stateDir: string,
  order: LocalOrder,
): Promise<void> {
  const content = `${JSON.stringify(order, null, 2)}\n`;
  await files.writeWhole({ path: localOrderPath(stateDir), content, mode: 0o600, owner: null });
}
